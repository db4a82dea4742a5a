"""IssuedCoupon: one coupon that one member holds, and its status."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from domain.refusals import AlreadyUsed, CouponExpired


class Status(StrEnum):
    UNUSED = "UNUSED"
    USED = "USED"
    EXPIRED = "EXPIRED"


@dataclass(slots=True, eq=False)
class IssuedCoupon:
    """An entity: equal if the ids are equal, whatever the status."""

    id: UUID
    coupon_id: UUID
    member_id: str
    issued_at: datetime
    expire_date: datetime
    status: Status = Status.UNUSED
    used_at: datetime | None = None

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
