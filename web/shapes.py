"""Shapes: the JSON that goes in and out, described completely by /openapi.json."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from unicodedata import category
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
)

from domain.branding import MESSAGE_LENGTH_MAX, NAME_LENGTH_MAX
from domain.coupon import (
    CODE_LENGTH_MAX,
    DESCRIPTION_LENGTH_MAX,
    YEAR_MAX,
    YEAR_MIN,
    Coupon,
    Issuing,
)
from domain.discount import AMOUNT_MAX, DiscountKind
from domain.inventory import TOTAL_COUNT_MAX
from domain.issued_coupon import IssuedCoupon, Status
from domain.room_settings import (
    BURST_MAX,
    GRACE_S_MAX,
    GRACE_S_MIN,
    LATENCY_BOUND_MS_MAX,
    LATENCY_BOUND_MS_MIN,
    LOBBY_S_MAX,
    RATE_PER_S_MAX,
    RETURN_S_MAX,
    SEATS_MAX,
    SIZE_MAX,
    Opening,
    RateMode,
    RoomSettings,
    RoomState,
)
from issuance.audit import Entry
from issuance.catalogue import Offer
from web.times import rfc3339

# A header: how often a direct way had to try again for its answer.
RETRIES = "Waitroom-Retries"

Time = Annotated[datetime, PlainSerializer(rfc3339, return_type=str, when_used="json-unless-none")]


def _is_rfc3339(value: object) -> object:
    """Text only: pydantic would take a number for seconds since 1970."""
    if not isinstance(value, str) or re.match(r"\d{4}-\d\d-\d\d", value) is None:
        raise ValueError("must be a time as 2026-05-01T10:00:00Z")
    return value


def _is_of_our_time(time: datetime) -> datetime:
    if not YEAR_MIN <= time.year <= YEAR_MAX:
        raise ValueError(f"must lie in the years {YEAR_MIN} to {YEAR_MAX}")
    return time


def _is_one_line(text: str) -> str:
    if any(category(letter) == "Cc" for letter in text):
        raise ValueError("must not contain control characters")
    return text


TimeIn = Annotated[AwareDatetime, BeforeValidator(_is_rfc3339), AfterValidator(_is_of_our_time)]
LineIn = Annotated[str, AfterValidator(_is_one_line)]
# JSON's own numbers: neither "5" nor true is one.
Whole = Annotated[int, Field(strict=True)]
Number = Annotated[float, Field(strict=True)]
CouponState = Literal["scheduled", "open", "paused", "sold_out", "closed"]
PlaceState = Literal["waiting", "admitted", "issued", "refused"]
# A room before its opening is `scheduled`: who waits then waits in its lobby.
RoomPhase = Literal["scheduled", "open", "paused", "closed"]
Returned = Literal["head", "end"]


class Shape(BaseModel):
    model_config = ConfigDict(frozen=True)


class Strict(BaseModel):
    """What comes in: unknown fields are refused, so that a typo is not silently ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Discount(Strict):
    kind: DiscountKind
    value: Whole = Field(ge=1, le=AMOUNT_MAX, description="an amount, or a percentage")
    cap: Whole | None = Field(None, ge=1, le=AMOUNT_MAX, description="the most a percentage takes")


class CouponOut(Shape):
    code: str
    description: str
    discount: Discount
    total_count: int
    used_count: int
    remain_count: int
    opens_at: Time
    expire_date: Time
    issuing: Issuing
    state: CouponState
    lobby_opens_at: Time | None = Field(description="from then one may enter; null without a line")
    opening: Opening | None = Field(description="how the lobby is put in line; null without one")

    @classmethod
    def of(cls, offer: Offer, now: datetime) -> CouponOut:
        coupon = offer.coupon
        return cls(
            code=coupon.code,
            description=coupon.description,
            discount=Discount(
                kind=coupon.discount.kind, value=coupon.discount.value, cap=coupon.discount.cap
            ),
            total_count=coupon.inventory.total_count,
            used_count=coupon.inventory.used_count,
            remain_count=coupon.inventory.remain_count,
            opens_at=coupon.opens_at,
            expire_date=coupon.expire_date,
            issuing=coupon.issuing,
            state=state_of(coupon, offer.room, now),
            lobby_opens_at=coupon.opens_at - timedelta(seconds=offer.room.lobby_s)
            if offer.room
            else None,
            opening=offer.room.opening if offer.room else None,
        )


def state_of(coupon: Coupon, room: RoomSettings | None, now: datetime) -> CouponState:
    """How a coupon stands at `now`; what ends it comes before what delays it."""
    if now >= coupon.expire_date or (room and room.state == "closed"):
        return "closed"
    if not coupon.inventory.has_available_stock:
        return "sold_out"
    if now < coupon.opens_at:
        return "scheduled"
    return "paused" if room and room.state == "paused" else "open"


class IssuedCouponOut(Shape):
    id: UUID
    coupon_code: str
    member_id: str
    status: Status
    issued_at: Time
    used_at: Time | None
    expire_date: Time

    @classmethod
    def of(cls, issued: IssuedCoupon, coupon_code: str) -> IssuedCouponOut:
        return cls(
            id=issued.id,
            coupon_code=coupon_code,
            member_id=issued.member_id,
            status=issued.status,
            issued_at=issued.issued_at,
            used_at=issued.used_at,
            expire_date=issued.expire_date,
        )


class RefusalOut(Shape):
    type: str
    title: str
    detail: str


class PlaceOut(Shape):
    """Where a member stands. `place` is `ahead` + 1; keys that do not apply are null.

    In the lobby of a room that draws, nobody has a place yet.
    """

    room: str
    state: PlaceState
    place: int | None = None
    ahead: int | None = None
    eta_s: int | None = Field(None, description="seconds; null where nobody knows")
    ask_again_s: float | None = Field(None, description="seconds; null where the state is final")
    arrived_at: Time | None = None
    remain_count: int
    ticket: str | None = None
    issued_coupon: IssuedCouponOut | None = None
    refusal: RefusalOut | None = None
    room_state: RoomPhase = Field(
        "open",
        description="scheduled: this is the lobby; paused: the line rests, places are kept",
    )
    opens_at: Time | None = Field(None, description="when the line begins to move; in the lobby")
    opening: Opening | None = Field(None, description="how the lobby is put in line; in the lobby")
    returned: Returned | None = Field(
        None, description="was away for too long: in line again at its head, or at its end"
    )


class DrawOut(Shape):
    """How a lobby is put in line; what isn't known or told yet is null."""

    room: str
    opening: Opening
    opens_at: Time
    algorithm: str | None = Field(description="how each member's number follows from the seed")
    commitment: str | None = Field(description="SHA-256 of the seed, in hex")
    seed: str | None = Field(description="in hex; told once the lobby was drawn")
    drawn_at: Time | None
    entrants_count: int | None
    entrants_sha256: str | None = Field(description="over the numbers in order, a line each")


class DrawRecordOut(Shape):
    """What `waitroom draw verify` reads."""

    room: str
    opens_at: str
    algorithm: str
    commitment: str
    seed: str
    entrants_count: int
    entrants_sha256: str
    numbers: list[int] = Field(description="in order of place")
    members: list[str] | None = Field(None, description="in the same order; for admins only")


class BrandingPatch(Strict):
    name: LineIn | None = Field(None, max_length=NAME_LENGTH_MAX, description="of the site, here")
    colour: str | None = Field(None, pattern="^(#[0-9a-f]{6})?$", examples=["#0c6a56"])
    message: LineIn | None = Field(
        None, max_length=MESSAGE_LENGTH_MAX, description="to all who wait"
    )


class BrandingOut(Shape):
    name: str
    colour: str
    message: str
    logo_sha256: str = Field(description="empty without a logo")


class RoomIn(Strict):
    rate_per_s: Number = Field(RoomSettings().rate_per_s, gt=0, le=RATE_PER_S_MAX)
    burst: Whole = Field(RoomSettings().burst, ge=1, le=BURST_MAX)
    seats: Whole = Field(RoomSettings().seats, ge=1, le=SEATS_MAX)
    size_max: Whole = Field(RoomSettings().size_max, ge=1, le=SIZE_MAX)
    lobby_s: Whole = Field(RoomSettings().lobby_s, ge=0, le=LOBBY_S_MAX)
    opening: Opening = RoomSettings().opening
    grace_s: Whole = Field(RoomSettings().grace_s, ge=GRACE_S_MIN, le=GRACE_S_MAX)
    return_s: Whole = Field(RoomSettings().return_s, ge=0, le=RETURN_S_MAX)
    rate_mode: RateMode = RoomSettings().rate_mode
    rate_min_per_s: Number = Field(RoomSettings().rate_min_per_s, gt=0, le=RATE_PER_S_MAX)
    rate_max_per_s: Number = Field(RoomSettings().rate_max_per_s, gt=0, le=RATE_PER_S_MAX)
    latency_bound_ms: Whole = Field(
        RoomSettings().latency_bound_ms, ge=LATENCY_BOUND_MS_MIN, le=LATENCY_BOUND_MS_MAX
    )


class RoomPatch(Strict):
    version: Whole | None = Field(
        None, ge=0, description="of the settings as seen; changed meanwhile, they stay: 409"
    )
    rate_per_s: Number | None = Field(None, gt=0, le=RATE_PER_S_MAX, description="admissions a s")
    burst: Whole | None = Field(None, ge=1, le=BURST_MAX)
    seats: Whole | None = Field(None, ge=1, le=SEATS_MAX)
    size_max: Whole | None = Field(None, ge=1, le=SIZE_MAX)
    state: RoomState | None = None
    lobby_s: Whole | None = Field(
        None, ge=0, le=LOBBY_S_MAX, description="seconds before the opening"
    )
    opening: Opening | None = None
    grace_s: Whole | None = Field(
        None, ge=GRACE_S_MIN, le=GRACE_S_MAX, description="seconds of silence before passed over"
    )
    return_s: Whole | None = Field(
        None, ge=0, le=RETURN_S_MAX, description="seconds to come back to the head of the line"
    )
    rate_mode: RateMode | None = Field(None, description="who turns the rate")
    rate_min_per_s: Number | None = Field(
        None, gt=0, le=RATE_PER_S_MAX, description="the autopilot goes no lower"
    )
    rate_max_per_s: Number | None = Field(
        None, gt=0, le=RATE_PER_S_MAX, description="the autopilot goes no higher"
    )
    latency_bound_ms: Whole | None = Field(
        None,
        ge=LATENCY_BOUND_MS_MIN,
        le=LATENCY_BOUND_MS_MAX,
        description="the autopilot's: still good as the p95 of the workers' transactions",
    )


class CouponIn(Strict):
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

    code: str = Field(min_length=1, max_length=CODE_LENGTH_MAX)
    description: LineIn = Field(min_length=1, max_length=DESCRIPTION_LENGTH_MAX)
    discount: Discount
    total_count: Whole = Field(ge=1, le=TOTAL_COUNT_MAX)
    opens_at: TimeIn
    expire_date: TimeIn
    issuing: Issuing = "queue"
    room: RoomIn = RoomIn()


class CouponPatch(Strict):
    description: LineIn | None = Field(None, min_length=1, max_length=DESCRIPTION_LENGTH_MAX)
    discount: Discount | None = None
    total_count: Whole | None = Field(None, ge=1, le=TOTAL_COUNT_MAX)
    opens_at: TimeIn | None = None
    expire_date: TimeIn | None = None


class DbConnections(Shape):
    in_use: int = Field(description="open connections of this product, as Postgres counts them")
    bound: int = Field(description="the most there can be")


class RoomOut(Shape):
    """A room's settings and live figures; counts since the beginning, rates over the last 10 s."""

    code: str
    state: RoomState
    rate_per_s: float
    burst: int
    seats: int
    size_max: int
    lobby_s: int
    opening: Opening
    grace_s: int
    return_s: int
    rate_mode: RateMode
    rate_min_per_s: float
    rate_max_per_s: float
    latency_bound_ms: int
    steered_rate_per_s: float | None = Field(description="in force on autopilot; null without")
    waiting: int
    under_way: int = Field(description="admitted, without an outcome yet")
    away: int = Field(description="passed over, as nobody heard from them, and not back")
    entered: int
    admitted: int
    issued: int
    refused: int = Field(description="told no: after admission, at the door, or while waiting")
    left: int
    entered_per_s: float
    admitted_per_s: float
    issued_per_s: float
    enter_p99_ms: float | None = Field(description="of entering; null where nobody entered")
    issue_p99_ms: float | None = Field(description="from admission to outcome; null without one")
    remain_count: int
    seats_in_use: int = Field(description="the same as under_way, of seats")
    workers: int
    workers_busy: int = Field(description="on a batch right now")
    backlog: int = Field(description="jobs that wait for a worker")
    version: int = Field(description="of the settings; grows with every change")
    db_connections: DbConnections


class SeriesOut(Shape):
    """One number a whole second, oldest first; the second under way is not among them."""

    room: str
    begins_at: Time = Field(description="when the first of these seconds began")
    entered: list[int]
    admitted: list[int]
    issued: list[int]
    refused: list[int] = Field(description="after admission or at the door")
    left: list[int]
    enter_p99_ms: list[float | None] = Field(description="of entering")
    issue_p99_ms: list[float | None] = Field(description="from admission to outcome")


class AuditOut(Shape):
    id: int
    at: Time
    who: str
    what: str
    subject: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None

    @classmethod
    def of(cls, entry: Entry) -> AuditOut:
        return cls(**{name: getattr(entry, name) for name in cls.model_fields})
