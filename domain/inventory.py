"""Inventory: how many coupons there are and how many are issued, never more than there are."""

from __future__ import annotations

from dataclasses import dataclass, replace

from domain.invalid_value import InvalidValue
from domain.refusals import SoldOut

TOTAL_COUNT_MAX = 10_000_000


@dataclass(frozen=True, slots=True)
class Inventory:
    """An immutable stock of coupons: each change returns a new one.

    Raises InvalidValue unless 0 <= used_count <= total_count <= TOTAL_COUNT_MAX.
    """

    total_count: int
    used_count: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.used_count <= self.total_count:
            raise InvalidValue(
                "used_count", "range", least=0, most=self.total_count, got=self.used_count
            )
        if self.total_count > TOTAL_COUNT_MAX:
            raise InvalidValue("total_count", "at_most", most=TOTAL_COUNT_MAX, got=self.total_count)

    @property
    def remain_count(self) -> int:
        return self.total_count - self.used_count

    @property
    def has_available_stock(self) -> bool:
        return self.remain_count > 0

    @property
    def is_started(self) -> bool:
        """Whether at least one is issued; from then on the coupon's terms are fixed."""
        return self.used_count > 0

    def use(self, count: int = 1) -> Inventory:
        """Issue `count`. Raises SoldOut if fewer remain."""
        if count < 1:
            raise ValueError(f"count must be at least 1, got {count}")
        if count > self.remain_count:
            raise SoldOut
        # Not `replace`, which takes four times as long: a batch calls this hundreds of times.
        return Inventory(self.total_count, self.used_count + count)

    def add(self, count: int) -> Inventory:
        """Raise total_count by `count`."""
        if count < 1:
            raise ValueError(f"count must be at least 1, got {count}")
        return replace(self, total_count=self.total_count + count)

    def remove(self, count: int) -> Inventory:
        """Lower total_count by `count`. Raises InvalidValue if fewer remain."""
        if count < 1:
            raise ValueError(f"count must be at least 1, got {count}")
        if count > self.remain_count:
            raise InvalidValue(
                "total_count",
                "at_least_given_out",
                least=self.used_count,
                got=self.total_count - count,
            )
        return replace(self, total_count=self.total_count - count)

    def resize(self, total_count: int) -> Inventory:
        """The same stock with this total_count. Raises InvalidValue below used_count."""
        if total_count > self.total_count:
            return self.add(total_count - self.total_count)
        if total_count < self.total_count:
            return self.remove(self.total_count - total_count)
        return self
