"""The JSON of the public API, and the types that all schemas share."""

from __future__ import annotations

import re
from dataclasses import dataclass
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
    model_validator,
)

from domain.coupon import (
    YEAR_MAX,
    YEAR_MIN,
    Issuing,
)
from domain.discount import AMOUNT_MAX, DiscountKind
from domain.issued_coupon import IssuedCoupon, Status
from domain.phase import OPEN, ROOM_PHASES
from domain.rfc3339 import rfc3339
from domain.settings_spec import Opening
from issuance.offers import Offer

# The header that counts the retries of a direct issue.
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


# The rules above as patterns, as far as /openapi.json can express them.
_OF_OUR_TIME = Field(json_schema_extra={"pattern": "^2[01][0-9]{2}-"})
_ONE_LINE = Field(json_schema_extra={"pattern": r"^[^\u0000-\u001f\u007f-\u009f]*$"})

TimeIn = Annotated[
    AwareDatetime, BeforeValidator(_is_rfc3339), AfterValidator(_is_of_our_time), _OF_OUR_TIME
]
LineIn = Annotated[str, AfterValidator(_is_one_line), _ONE_LINE]
# A JSON number: neither "5" nor true.
Whole = Annotated[int, Field(strict=True)]
PlaceState = Literal[
    "waiting", "admitted", "issued", "refused",
    "called", "missed", "inside", "finished", "ended", "revoked",
]  # fmt: skip
PhaseWord = Annotated[
    str,
    Field(
        json_schema_extra={"enum": [phase.word for phase in ROOM_PHASES]},
        description="; ".join(f"{phase.word}: {phase.about}" for phase in ROOM_PHASES),
    ),
]
Returned = Literal["head", "end"]


class Schema(BaseModel):
    model_config = ConfigDict(frozen=True)


class StrictSchema(BaseModel):
    """A request's body. Rejects unknown fields, so that a typo is not silently ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _whole_numbers(cls, sent: object) -> object:
        """Accept 5.0 as an integer, as JSON Schema does (2020-12, 6.1.1)."""
        if not isinstance(sent, dict):
            return sent
        return {
            name: int(value) if isinstance(value, float) and value.is_integer() else value
            for name, value in sent.items()
        }


class Discount(StrictSchema):
    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "oneOf": [
                {"properties": {"kind": {"const": "amount"}, "cap": {"type": "null"}}},
                {"properties": {"kind": {"const": "percent"}, "value": {"maximum": 100}}},
            ]
        },
    )

    kind: DiscountKind
    value: Whole = Field(ge=1, le=AMOUNT_MAX, description="An amount, or a percentage")
    cap: Whole | None = Field(
        None, ge=1, le=AMOUNT_MAX, description="The largest amount that a percentage gives"
    )


class CouponOut(Schema):
    code: str
    description: str
    discount: Discount
    total_count: int
    used_count: int
    remain_count: int
    opens_at: Time
    expire_date: Time
    issuing: Issuing
    state: PhaseWord
    lobby_opens_at: Time | None = Field(
        description="From then on members may enter; null without a line"
    )
    opening: Opening | None = Field(
        description="How the lobby's order is decided; null without a line"
    )

    @classmethod
    def from_offer(cls, offer: Offer, now: datetime) -> CouponOut:
        coupon, phase = offer.coupon, offer.phase(now)
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
            state=phase.word,
            lobby_opens_at=coupon.opens_at - timedelta(seconds=offer.settings.lobby_s)
            if offer.settings
            else None,
            opening=offer.settings.opening if offer.settings else None,
        )


class IssuedCouponOut(Schema):
    id: UUID
    coupon_code: str
    member_id: str
    status: Status
    issued_at: Time
    used_at: Time | None
    expire_date: Time
    short_code: str | None = Field(
        None,
        description="8 letters and digits, unique, which people and `return_url` use; null for "
        "an outcome of the release before",
    )

    @classmethod
    def from_issued(cls, issued: IssuedCoupon, coupon_code: str) -> IssuedCouponOut:
        return cls(
            id=issued.id,
            coupon_code=coupon_code,
            member_id=issued.member_id,
            status=issued.status,
            issued_at=issued.issued_at,
            used_at=issued.used_at,
            expire_date=issued.expire_date,
            short_code=issued.short_code,
        )


class RefusalOut(Schema):
    type: str
    title: str
    detail: str


@dataclass(slots=True, kw_only=True)
class PlaceOut:
    """A member's place. `place` is `ahead` + 1; keys that do not apply are null.

    `place` is null in a lobby before its draw, and while a room is restoring.
    """

    # Not frozen: constructing a frozen dataclass takes ten times as long, for each of a crowd.
    room: str
    state: PlaceState
    place: int | None = None
    ahead: int | None = None
    eta_s: Annotated[
        int | None, Field(description="Estimated wait in seconds; null where it is unknown")
    ] = None
    ask_again_s: Annotated[
        float | None, Field(description="Seconds until the next poll; null in a final state")
    ] = None
    # RFC 3339 already, as the answer has it.
    arrived_at: str | None = None
    remain_count: Annotated[int | None, Field(description="Null in front of a site")]
    ticket: str | None = None
    issued_coupon: IssuedCouponOut | None = None
    refusal: RefusalOut | None = None
    room_state: PhaseWord = OPEN.word
    opens_at: Annotated[
        str | None, Field(description="When admission begins; in the lobby only")
    ] = None
    opening: Annotated[
        Opening | None, Field(description="How the lobby's order is decided; in the lobby only")
    ] = None
    returned: Annotated[
        Returned | None,
        Field(description="Where a passed-over member returned to the line: its head or end"),
    ] = None
    until: Annotated[
        str | None,
        Field(description="called: until when to claim a pass; inside: when the visit ends"),
    ] = None


class DrawOut(Schema):
    """A room's draw; values that are unknown or still secret are null."""

    room: str
    opening: Opening
    opens_at: Time
    algorithm: str | None = Field(description="How each member's number follows from the seed")
    commitment: str | None = Field(description="SHA-256 of the seed, in hex")
    seed: str | None = Field(description="In hex; secret until the draw")
    drawn_at: Time | None
    entrants_count: int | None
    entrants_sha256: str | None = Field(
        description="SHA-256 of the numbers in order of place, one per line"
    )


class DrawRecordOut(Schema):
    """The record of a draw, which `waitroom draw verify` reads."""

    room: str
    opens_at: str
    algorithm: str
    commitment: str
    seed: str
    entrants_count: int
    entrants_sha256: str
    numbers: list[int] = Field(description="In order of place")
    members: list[str] | None = Field(None, description="In the same order; for admins only")


class ChallengeOut(BaseModel):
    """A proof of work in ALTCHA's format; pass it to ALTCHA's widget or libraries unchanged."""

    parameters: dict[str, Any] = Field(description="algorithm, cost, salt, expiresAt and others")
    signature: str
