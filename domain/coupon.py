"""Coupon: the aggregate root, and the only door to its inventory."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, get_args
from uuid import UUID, uuid5

from domain.discount import DiscountPolicy
from domain.invalid_value import InvalidValue
from domain.inventory import Inventory
from domain.issued_coupon import IssuedCoupon
from domain.member import Member
from domain.refusals import AlreadyStarted, Closed, NotOpenYet, Refusal, SoldOut

# How a coupon is given out: through its line, or directly in one of three ways.
Issuing = Literal["queue", "pessimistic", "optimistic", "redis_lock"]
ISSUING_WAYS: tuple[Issuing, ...] = get_args(Issuing)
# A member's id, and when the line let them through.
Admission = tuple[str, datetime]

CODE_LENGTH_MAX = 40
DESCRIPTION_LENGTH_MAX = 200
# Whoever keeps or shows such times, in whatever form, agrees about them.
YEAR_MIN, YEAR_MAX = 2000, 2199
# Each request of a crowd is matched against it, without a function in between.
CODE = re.compile(rf"[a-z0-9][a-z0-9_\-]{{0,{CODE_LENGTH_MAX - 1}}}")


def is_code(text: str) -> bool:
    """Whether `text` can name a coupon: 1 to 40 of `a-z 0-9 _ -`, a letter or digit first."""
    return CODE.fullmatch(text) is not None


@dataclass(slots=True, eq=False)
class Coupon:
    """A coupon on offer, with the holders that were recalled from where they are kept."""

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
        if not is_code(self.code):
            raise InvalidValue("code", "code", most=CODE_LENGTH_MAX, got=self.code[:80])
        if not 1 <= len(self.description) <= DESCRIPTION_LENGTH_MAX:
            raise InvalidValue("description", "length", least=1, most=DESCRIPTION_LENGTH_MAX)
        if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in self.description):
            raise InvalidValue("description", "no_control_characters")
        if self.issuing not in ISSUING_WAYS:
            raise InvalidValue(
                "issuing", "choice", choices=", ".join(ISSUING_WAYS), got=self.issuing
            )
        for name, time in (("opens_at", self.opens_at), ("expire_date", self.expire_date)):
            if time.tzinfo is None:
                raise InvalidValue(name, "time_zone", got=time.isoformat())
            if not YEAR_MIN <= time.year <= YEAR_MAX:
                raise InvalidValue(name, "years", least=str(YEAR_MIN), most=str(YEAR_MAX))
        if self.opens_at >= self.expire_date:
            raise InvalidValue(
                "opens_at",
                "before",
                other="expire_date",
                got=self.opens_at.isoformat(),
                most=self.expire_date.isoformat(),
            )

    def recall(
        self, issued: Iterable[IssuedCoupon], refused: Mapping[Admission, Refusal] | None = None
    ) -> None:
        """Remember who holds one, and which admissions ended with a refusal.

        It knows nothing of a member who is to be issued to until they were recalled.
        """
        for one in issued:
            if one.coupon_id != self.id:
                raise ValueError(f"issued coupon {one.id} is not of coupon {self.code}")
            self._held[one.member_id] = one
        self._refused |= refused or {}

    def issue_to(
        self, member: Member, now: datetime, admitted_at: datetime | None = None
    ) -> IssuedCoupon:
        """Give `member` one; asked again, the same one.

        admitted_at: when the line let them through, by its own clock, which has decided that it is
        open. So no other clock decides it again, nor an opening that is put off afterwards; and
        whether the end had come is decided by that time too, however long it has taken to get here.
        An admission that ended with a refusal ends with it again, also where there is more by now.

        Raises NotOpenYet, Closed or SoldOut. Its id follows from coupon and member (a version 5
        UUID, RFC 9562), so that a repeated attempt can't even name a second one.
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
        """The coupon with what was given changed, checked as at birth.

        Raises AlreadyStarted where issuing has started and the change touches what was promised:
        the discount, when it opens, or an earlier end. The stock (never below what is used), a
        later end and the description may still change; the way of issuing never does. ValueError
        for what can never be.
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
