"""Coupon: the aggregate root; its inventory changes only through it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, get_args
from uuid import UUID, uuid5

from domain.discount import DiscountPolicy
from domain.invalid_value import InvalidValue, check_line_of_text
from domain.inventory import Inventory
from domain.issued_coupon import IssuedCoupon
from domain.member import Member
from domain.refusals import AlreadyStarted, Closed, NotOpenYet, Refusal, SoldOut

# How a coupon is issued: through its line, or directly with one of three locks.
Issuing = Literal["queue", "pessimistic", "optimistic", "redis_lock"]
ISSUING_WAYS: tuple[Issuing, ...] = get_args(Issuing)
# A member's id and the time at which the line admitted them.
Admission = tuple[str, datetime]

CODE_LENGTH_MAX = 40
DESCRIPTION_LENGTH_MAX = 200
# Postgres, JSON, browsers and spreadsheets all represent times in these years.
YEAR_MIN, YEAR_MAX = 2000, 2199
# Public because the fast path matches each request against it without a function call.
CODE = re.compile(rf"[a-z0-9][a-z0-9_\-]{{0,{CODE_LENGTH_MAX - 1}}}")


def is_code(text: str) -> bool:
    """Whether `text` can name a coupon: 1 to 40 of `a-z 0-9 _ -`, a letter or digit first."""
    return CODE.fullmatch(text) is not None


def check_code(code: str) -> None:
    """Raises InvalidValue unless `code` can name a coupon, a site or a room."""
    if not is_code(code):
        raise InvalidValue("code", "code", most=CODE_LENGTH_MAX, got=code[:80])


def check_schedule(opens_at: datetime, end: str, ends_at: datetime) -> None:
    """end: the name of the field that has `ends_at`. Raises InvalidValue."""
    for name, time in (("opens_at", opens_at), (end, ends_at)):
        if time.tzinfo is None:
            raise InvalidValue(name, "time_zone", got=time.isoformat())
        if not YEAR_MIN <= time.year <= YEAR_MAX:
            raise InvalidValue(name, "years", least=str(YEAR_MIN), most=str(YEAR_MAX))
    if opens_at >= ends_at:
        raise InvalidValue(
            "opens_at",
            "before",
            other=end,
            got=opens_at.isoformat(),
            most=ends_at.isoformat(),
        )


@dataclass(slots=True, eq=False)
class Coupon:
    """A coupon on offer, with the holders loaded from the database (`recall`)."""

    id: UUID
    code: str
    description: str
    discount: DiscountPolicy
    inventory: Inventory
    opens_at: datetime
    expire_date: datetime
    issuing: Issuing = "queue"
    _held: dict[str, IssuedCoupon] = field(default_factory=dict, repr=False)
    _refused: dict[Admission, Refusal] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        check_code(self.code)
        check_line_of_text("description", self.description, DESCRIPTION_LENGTH_MAX)
        if self.issuing not in ISSUING_WAYS:
            raise InvalidValue(
                "issuing", "choice", choices=", ".join(ISSUING_WAYS), got=self.issuing
            )
        check_schedule(self.opens_at, "expire_date", self.expire_date)

    def recall(
        self, issued: Iterable[IssuedCoupon], refused: Mapping[Admission, Refusal] | None = None
    ) -> None:
        """Load the holders and the refused admissions that `issue_to` must repeat.

        Call it for each member before `issue_to`.
        """
        for one in issued:
            if one.coupon_id != self.id:
                raise ValueError(f"issued coupon {one.id} does not belong to coupon {self.code}")
            self._held[one.member_id] = one
        self._refused |= refused or {}

    def issue_to(
        self, member: Member, now: datetime, admitted_at: datetime | None = None
    ) -> IssuedCoupon:
        """Issue one coupon to `member`; a repeated call returns the same one.

        admitted_at: when the line admitted them, by the line's clock. That clock has already
        decided that the room was open, so `now` and a later change of opens_at don't count. The end
        is checked against admitted_at too, however long the job waited in the queue. A refused
        admission is refused again, even if the stock has grown since.

        Raises NotOpenYet, Closed or SoldOut. The id is derived from coupon and member (a version 5
        UUID, RFC 9562): a repeated attempt can't create a second one.
        """
        if held := self._held.get(member.id):
            return held
        if admitted_at is not None and (before := self._refused.get((member.id, admitted_at))):
            raise before
        if admitted_at is None and now < self.opens_at:
            raise NotOpenYet(self.opens_at)
        if (now if admitted_at is None else admitted_at) >= self.expire_date:
            raise Closed
        if not self.inventory.has_available_stock:
            raise SoldOut
        self.inventory = self.inventory.use()
        issued = IssuedCoupon(
            id=uuid5(self.id, member.id),
            coupon_id=self.id,
            member_id=member.id,
            issued_at=now if admitted_at is None else max(now, admitted_at),
            expire_date=self.expire_date,
        )
        self._held[member.id] = issued
        return issued

    def change(
        self,
        *,
        description: str | None = None,
        discount: DiscountPolicy | None = None,
        total_count: int | None = None,
        opens_at: datetime | None = None,
        expire_date: datetime | None = None,
    ) -> Coupon:
        """A copy with these fields changed, validated like a new coupon.

        Once the first one is issued, the discount, the opening and an earlier end are fixed
        (AlreadyStarted). The description, the stock (never below used_count) and a later end may
        still change; `issuing` never does. Raises ValueError for an invalid value.
        """
        changed = Coupon(
            id=self.id,
            code=self.code,
            description=self.description if description is None else description,
            discount=discount or self.discount,
            inventory=self.inventory if total_count is None else self.inventory.resize(total_count),
            opens_at=opens_at or self.opens_at,
            expire_date=expire_date or self.expire_date,
            issuing=self.issuing,
        )
        breaks_a_promise = (
            changed.discount != self.discount
            or changed.opens_at != self.opens_at
            or changed.expire_date < self.expire_date
        )
        if self.inventory.is_started and breaks_a_promise:
            raise AlreadyStarted
        return changed

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Coupon) and other.id == self.id

    def __hash__(self) -> int:
        return hash(self.id)
