"""The JSON of the admin API."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, Field

from domain.branding import MESSAGE_LENGTH_MAX, NAME_LENGTH_MAX, RETURN_URL_LENGTH_MAX
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
    name: LineIn | None = Field(
        None, max_length=NAME_LENGTH_MAX, description="The site's name in this room"
    )
    colour: str | None = Field(None, pattern="^(#[0-9a-f]{6})?$", examples=["#0c6a56"])
    message: LineIn | None = Field(
        None, max_length=MESSAGE_LENGTH_MAX, description="A message to all members in line"
    )
    return_url: str | None = Field(
        None,
        max_length=RETURN_URL_LENGTH_MAX,
        examples=["https://shop.example/checkout"],
        description="The shop's page where an issued coupon is used; links to it add "
        "`coupon=` with the short code",
    )


class BrandingOut(Schema):
    name: str
    colour: str
    message: str
    return_url: str
    logo_sha256: str = Field(description="The logo's SHA-256 in hex; empty without a logo")


@with_room_fields([one for one in ROOM_SETTINGS if one.is_of_new_rooms], "default")
class RoomIn(StrictSchema):
    pass


@with_room_fields(ROOM_SETTINGS, "optional")
class RoomPatch(StrictSchema):
    version: Whole | None = Field(
        None,
        ge=0,
        description="The settings' version that the change is based on; 409 where it is outdated",
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

    # The domain checks the rule, and its error has a sentence for people.
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
    draft: bool = Field(False, description="For admins only, until it is published")


class CouponPatch(StrictSchema):
    description: LineIn | None = Field(None, min_length=1, max_length=DESCRIPTION_LENGTH_MAX)
    discount: Discount | None = None
    total_count: Whole | None = Field(None, ge=1, le=TOTAL_COUNT_MAX)
    opens_at: TimeIn | None = None
    expire_date: TimeIn | None = None


class DbConnections(Schema):
    in_use: int = Field(description="Open connections of this product, by Postgres")
    bound: int = Field(description="The most that all processes can open")


class VisitStatsOut(Schema):
    """Visits to a site: called and inside now; the others are totals."""

    called: int = Field(description="Members who have not come yet; each takes a seat")
    inside: int = Field(description="Living visits; each takes a seat")
    claimed: int = Field(description="Visits that began")
    walked_in: int = Field(description="Members called as they entered")
    missed: int = Field(description="Calls that nobody answered in time")
    finished: int
    ended: int = Field(description="Visits whose time was up")
    revoked: int
    restored_visits: int = Field(description="Visits that passes brought back after a loss")


@with_room_fields(ROOM_SETTINGS, "required")
class _RoomSettingsOut(Schema):
    code: str


class RoomOut(_RoomSettingsOut):
    """A room's settings and live figures. Counts are totals; rates are over the last 10 s."""

    steered_rate_per_s: float | None = Field(
        description="The autopilot's rate; null under manual control"
    )
    waiting: int
    under_way: int = Field(
        deprecated=True, description="The previous release's name of seats_in_use"
    )
    away: int = Field(
        description="Members skipped, or answered in line that the room is over, and not back"
    )
    entered: int
    admitted: int
    issued: int
    refused: int = Field(description="Members refused after admission")
    turned_away: int = Field(description="Refusals at entry")
    refused_in_all: int = Field(
        description="Refused after admission, refused at entry, or in line when the room was over"
    )
    left: int
    restored: int = Field(description="Places restored from tickets after a loss of Redis")
    phase: PhaseWord
    is_restoring: bool = Field(description="Admission pauses while lost places are restored")
    entered_per_s: float
    admitted_per_s: float
    admitted_last_s: int = Field(description="Members admitted in the last whole second")
    issued_per_s: float
    enter_p99_ms: float | None = Field(description="Time to answer an entry; null without entries")
    issue_p99_ms: float | None = Field(description="From admission to outcome; null without one")
    remain_count: int | None = Field(description="Null in front of a site, which has no stock")
    seats_in_use: int = Field(description="Members admitted without an outcome, of `seats`")
    visits: VisitStatsOut | None = Field(description="Null for a coupon’s room")
    workers: int
    workers_busy: int = Field(description="Workers that are issuing a batch")
    backlog: int = Field(description="Jobs waiting for a worker")
    waiting_peak: int = Field(description="The most members that ever waited")
    passed_over: int = Field(description="Members skipped, each time")
    returned: int = Field(description="Members back after being skipped, each time")
    version: int = Field(description="Of the settings; grows with every change")
    db_connections: DbConnections


class SeriesOut(Schema):
    """One value per whole second, oldest first, without the current second."""

    room: str
    begins_at: Time = Field(description="The start of the first second")
    entered: list[int]
    admitted: list[int]
    issued: list[int]
    refused: list[int] = Field(description="Members refused after admission")
    turned_away: list[int] = Field(description="Refusals at entry")
    refused_in_all: list[int] = Field(description="Refused after admission or at entry")
    left: list[int]
    enter_p99_ms: list[float | None] = Field(description="Time to answer an entry")
    issue_p99_ms: list[float | None] = Field(description="From admission to outcome")
    waiting: list[int | None] = Field(
        description="Members in line; null where no admitter was running"
    )


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
