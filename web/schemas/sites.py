"""The JSON of sites and their rooms, for admins."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from pydantic import ConfigDict, Field

from domain.coupon import CODE_LENGTH_MAX
from domain.sites.settings_spec import SETTINGS_OF_SITE_ROOMS
from domain.sites.site import HOSTS_MAX, NAME_LENGTH_MAX, SecretPurpose, Site
from domain.sites.site_room import TITLE_LENGTH_MAX, SiteRoom
from web.schemas.public import LineIn, Schema, StrictSchema, Time, TimeIn, Whole
from web.schemas.room_fields import with_room_fields

_CODE = {"pattern": "^[a-z0-9][a-z0-9_-]*$"}
_HOSTS = "Such as `shop.example`, or `http://localhost:8080` without TLS"
_OF_NEW_ROOMS = [one for one in SETTINGS_OF_SITE_ROOMS if one.is_of_new_rooms]


class SiteIn(StrictSchema):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"code": "shop", "name": "Tea shop", "hosts": ["shop.example"]}]
        },
    )

    code: str = Field(min_length=1, max_length=CODE_LENGTH_MAX, json_schema_extra=dict(_CODE))
    name: LineIn = Field(min_length=1, max_length=NAME_LENGTH_MAX)
    hosts: list[LineIn] = Field(min_length=1, max_length=HOSTS_MAX, description=_HOSTS)


class SitePatch(StrictSchema):
    name: LineIn | None = Field(None, min_length=1, max_length=NAME_LENGTH_MAX)
    hosts: list[LineIn] | None = Field(
        None, min_length=1, max_length=HOSTS_MAX, description=f"All hosts. {_HOSTS}"
    )


class SiteSecretOut(Schema):
    """When a secret is valid; the secret itself is shown only when it is made."""

    purpose: SecretPurpose = Field(
        description="`api_key`: of the site's programs; `pass`: signs passes with HS256"
    )
    starts_at: Time
    ends_at: Time | None = Field(description="Null while no later one replaces it")


class SiteOut(Schema):
    code: str
    name: str
    hosts: list[str]
    secrets: list[SiteSecretOut]

    @classmethod
    def from_site(cls, site: Site) -> SiteOut:
        found = [
            SiteSecretOut(purpose=one.purpose, starts_at=one.starts_at, ends_at=one.ends_at)
            for one in site.secrets
        ]
        return cls(code=site.code, name=site.name, hosts=list(site.hosts), secrets=found)


class NewSiteOut(SiteOut):
    api_key: str = Field(description="Shown only now")


class RotateApiKey(StrictSchema):
    keep_s: Whole = Field(86_400, ge=0, le=604_800, description="Seconds until earlier ones end")


class RotatePassSecret(RotateApiKey):
    begins_in_s: Whole = Field(600, ge=0, le=86_400, description="Seconds until it signs")


class ApiKeyOut(Schema):
    api_key: str = Field(description="Shown only now")


class PassSecretOut(Schema):
    pass_secret: str = Field(description="Shown only now")


@with_room_fields(_OF_NEW_ROOMS, "default")
class SiteRoomIn(StrictSchema):
    code: str = Field(min_length=1, max_length=CODE_LENGTH_MAX, json_schema_extra=dict(_CODE))
    site: str = Field(min_length=1, max_length=CODE_LENGTH_MAX, description="The site's code")
    title: LineIn = Field(min_length=1, max_length=TITLE_LENGTH_MAX)
    opens_at: TimeIn | None = Field(None, description="Null: now")
    closes_at: TimeIn | None = Field(None, description="Null: never")
    draft: bool = Field(False, description="For admins only, until it is published")


@with_room_fields(SETTINGS_OF_SITE_ROOMS, "optional")
class SiteRoomPatch(StrictSchema):
    version: Whole | None = Field(
        None,
        ge=0,
        description="The settings' version that the change is based on; 409 where it is outdated",
    )
    title: LineIn | None = Field(None, min_length=1, max_length=TITLE_LENGTH_MAX)
    opens_at: TimeIn | None = None
    closes_at: TimeIn | None = None
    never_closes: bool = Field(False, description="True: the room stays open; not with closes_at")


@with_room_fields(SETTINGS_OF_SITE_ROOMS, "required")
class _SiteRoomSettingsOut(Schema):
    code: str


class SiteRoomOut(_SiteRoomSettingsOut):
    """A site room's settings. Its live figures: GET /api/admin/rooms/{code}."""

    site: str = Field(description="The site's code")
    title: str
    opens_at: Time
    closes_at: Time | None = Field(description="Null where it never closes")
    version: int = Field(description="Of the settings; grows with every change")

    @classmethod
    def from_site_room(cls, one: SiteRoom) -> SiteRoomOut:
        settings: dict[str, object] = {**asdict(one.room.settings), **asdict(one.settings)}
        closes_at: datetime | None = one.closes_at
        return cls(
            code=one.code,
            site=one.site.code,
            title=one.title,
            opens_at=one.room.opens_at,
            closes_at=closes_at,
            version=one.room.version,
            **{name: value for name, value in settings.items() if name in cls.model_fields},
        )
