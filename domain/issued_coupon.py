"""IssuedCoupon: one coupon that one member holds, and its status."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from domain.refusals import AlreadyUsed, CouponExpired

# Crockford's base32: no I, L, O, U, so that people can read it out and type it.
SHORT_CODE_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SHORT_CODE_LENGTH = 8
SHORT_CODES = len(SHORT_CODE_LETTERS) ** SHORT_CODE_LENGTH
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})


def make_short_code(number: int) -> str:
    """The short code of a number below SHORT_CODES, to be chosen at random."""
    letters: list[str] = []
    for _ in range(SHORT_CODE_LENGTH):
        number, letter = divmod(number, len(SHORT_CODE_LETTERS))
        letters.append(SHORT_CODE_LETTERS[letter])
    return "".join(reversed(letters))


def read_short_code(typed: str) -> str | None:
    """The short code as a person has typed it; None if it can't be one."""
    code = typed.upper().translate(_READ_AS)
    is_code = len(code) == SHORT_CODE_LENGTH and all(one in SHORT_CODE_LETTERS for one in code)
    return code if is_code else None


class Status(StrEnum):
    UNUSED = "UNUSED"
    USED = "USED"
    EXPIRED = "EXPIRED"


@dataclass(slots=True, eq=False)
class IssuedCoupon:
    """An entity: equal if the ids are equal, whatever the status.

    short_code: for people and for the shop's link; None until it is stored.
    """

    id: UUID
    coupon_id: UUID
    member_id: str
    issued_at: datetime
    expire_date: datetime
    status: Status = Status.UNUSED
    used_at: datetime | None = None
    short_code: str | None = None

    def use(self, now: datetime) -> None:
        """Spend it. Raises AlreadyUsed, or CouponExpired once `now` reaches expire_date."""
        if self.status is Status.USED:
            raise AlreadyUsed
        if self.status is Status.EXPIRED or now >= self.expire_date:
            raise CouponExpired
        self.status = Status.USED
        self.used_at = now

    def expire(self, now: datetime) -> None:
        """Mark it expired. Raises AlreadyUsed; ValueError before expire_date."""
        if self.status is Status.USED:
            raise AlreadyUsed
        if now < self.expire_date:
            raise ValueError(f"this coupon can be used until {self.expire_date.isoformat()}")
        self.status = Status.EXPIRED

    def __eq__(self, other: object) -> bool:
        return isinstance(other, IssuedCoupon) and other.id == self.id

    def __hash__(self) -> int:
        return hash(self.id)
