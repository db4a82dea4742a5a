"""The JSON of whoever administers, described completely by /openapi.json."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, Field

from domain.branding import MESSAGE_LENGTH_MAX, NAME_LENGTH_MAX
from domain.coupon import CODE_LENGTH_MAX, DESCRIPTION_LENGTH_MAX, Issuing
from domain.inventory import TOTAL_COUNT_MAX
from domain.settings_spec import ROOM_SETTINGS
from issuance.audit import AuditEntry
from web.schemas.public import (
    Discount,
    LineIn,
    PhaseWord,
    Schema,
    StrictSchema,
    Time,
    TimeIn,
    Whole,
)
from web.schemas.room_fields import with_room_fields


class BrandingPatch(StrictSchema):
    name: LineIn | None = Field(None, max_length=NAME_LENGTH_MAX, description="of the site, here")
    colour: str | None = Field(None, pattern="^(#[0-9a-f]{6})?$", examples=["#0c6a56"])
    message: LineIn | None = Field(
        None, max_length=MESSAGE_LENGTH_MAX, description="to all who wait"
    )


class BrandingOut(Schema):
    name: str
    colour: str
    message: str
    logo_sha256: str = Field(description="empty without a logo")


@with_room_fields([one for one in ROOM_SETTINGS if one.is_of_new_rooms], "default")
class RoomIn(StrictSchema):
    pass


@with_room_fields(ROOM_SETTINGS, "optional")
class RoomPatch(StrictSchema):
    version: Whole | None = Field(
        None, ge=0, description="of the settings as seen; changed meanwhile, they stay: 409"
    )


class CouponIn(StrictSchema):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "code": "spring",
                    "description": "Spring sale: 5,000 off",
                    "discount": {"kind": "amount", "value": 5000},
                    "total_count": 1000,
                    "opens_at": "2026-05-01T01:00:00Z",
                    "expire_date": "2026-05-31T15:00:00Z",
                    "issuing": "queue",
                    "room": {"rate_per_s": 100, "burst": 100, "seats": 2000, "size_max": 1000000},
                }
            ]
        },
    )

    # The rule itself is the coupon's, which says in a sentence what is wrong.
    code: str = Field(
        min_length=1,
        max_length=CODE_LENGTH_MAX,
        json_schema_extra={"pattern": "^[a-z0-9][a-z0-9_-]*$"},
    )
    description: LineIn = Field(min_length=1, max_length=DESCRIPTION_LENGTH_MAX)
    discount: Discount
    total_count: Whole = Field(ge=1, le=TOTAL_COUNT_MAX)
    opens_at: TimeIn
    expire_date: TimeIn
    issuing: Issuing = "queue"
    room: RoomIn = RoomIn()


class CouponPatch(StrictSchema):
    description: LineIn | None = Field(None, min_length=1, max_length=DESCRIPTION_LENGTH_MAX)
    discount: Discount | None = None
    total_count: Whole | None = Field(None, ge=1, le=TOTAL_COUNT_MAX)
    opens_at: TimeIn | None = None
    expire_date: TimeIn | None = None


class DbConnections(Schema):
    in_use: int = Field(description="open connections of this product, as Postgres counts them")
    bound: int = Field(description="the most there can be")


@with_room_fields(ROOM_SETTINGS, "required")
class _RoomSettingsOut(Schema):
    code: str


class RoomOut(_RoomSettingsOut):
    """A room's settings and live figures; counts since the beginning, rates over the last 10 s."""

    steered_rate_per_s: float | None = Field(description="in force on autopilot; null without")
    waiting: int
    under_way: int = Field(
        deprecated=True, description="seats_in_use, as the release before named it"
    )
    away: int = Field(description="passed over, as nobody heard from them, and not back")
    entered: int
    admitted: int
    issued: int
    refused: int = Field(description="refused after admission")
    turned_away: int = Field(description="refused at the entrance")
    refused_in_all: int = Field(
        description="refused, turned away, or still in line when the room was over"
    )
    left: int
    restored: int = Field(description="given back the place that their ticket said, after a loss")
    phase: PhaseWord
    is_restoring: bool = Field(description="nobody is let through until the line is together again")
    entered_per_s: float
    admitted_per_s: float
    issued_per_s: float
    enter_p99_ms: float | None = Field(description="of entering; null where nobody entered")
    issue_p99_ms: float | None = Field(description="from admission to outcome; null without one")
    remain_count: int
    seats_in_use: int = Field(description="admitted without an outcome, of `seats`")
    workers: int
    workers_busy: int = Field(description="on a batch right now")
    backlog: int = Field(description="jobs that wait for a worker")
    version: int = Field(description="of the settings; grows with every change")
    db_connections: DbConnections


class SeriesOut(Schema):
    """One number a whole second, oldest first; the second under way is not among them."""

    room: str
    begins_at: Time = Field(description="when the first of these seconds began")
    entered: list[int]
    admitted: list[int]
    issued: list[int]
    refused: list[int] = Field(description="refused after admission")
    turned_away: list[int] = Field(description="refused at the entrance")
    refused_in_all: list[int] = Field(description="refused or turned away")
    left: list[int]
    enter_p99_ms: list[float | None] = Field(description="of entering")
    issue_p99_ms: list[float | None] = Field(description="from admission to outcome")


class AuditOut(Schema):
    id: int
    at: Time
    who: str
    what: str
    subject: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None

    @classmethod
    def from_entry(cls, entry: AuditEntry) -> AuditOut:
        return cls(**{name: getattr(entry, name) for name in cls.model_fields})
