"""What a coupon takes off a price: an amount, or a percentage with a cap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

DiscountKind = Literal["amount", "percent"]
AMOUNT_MAX = 1_000_000_000


@dataclass(frozen=True, slots=True)
class DiscountPolicy:
    """`value` is an amount in the shop's smallest currency unit, or a percentage from 1 to 100.

    `cap` is the most a percentage takes off, in the same unit; an amount needs none.
    """

    kind: DiscountKind
    value: int
    cap: int | None = None

    def __post_init__(self) -> None:
        if self.kind not in ("amount", "percent"):
            raise ValueError(f'kind must be "amount" or "percent", got "{self.kind}"')
        if self.kind == "percent" and not 1 <= self.value <= 100:
            raise ValueError(f"value must be a percentage from 1 to 100, got {self.value}")
        if self.kind == "amount" and not 1 <= self.value <= AMOUNT_MAX:
            raise ValueError(f"value must be an amount from 1 to {AMOUNT_MAX:,}, got {self.value}")
        if self.kind == "amount" and self.cap is not None:
            raise ValueError("cap goes with a percentage; an amount is its own cap")
        if self.cap is not None and not 1 <= self.cap <= AMOUNT_MAX:
            raise ValueError(f"cap must be an amount from 1 to {AMOUNT_MAX:,}, got {self.cap}")

    def discount_on(self, price: int) -> int:
        """How much comes off `price`: never more than the price, rounded down."""
        if price < 0:
            raise ValueError(f"price must not be negative, got {price}")
        off = self.value if self.kind == "amount" else price * self.value // 100
        if self.cap is not None:
            off = min(off, self.cap)
        return min(off, price)
