"""DiscountPolicy: an amount off a price, or a percentage with a cap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from domain.invalid_value import InvalidValue

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
            raise InvalidValue("kind", "choice", choices="amount, percent", got=self.kind)
        if self.kind == "percent" and not 1 <= self.value <= 100:
            raise InvalidValue("value", "percentage", least=1, most=100, got=self.value)
        if self.kind == "amount" and not 1 <= self.value <= AMOUNT_MAX:
            raise InvalidValue("value", "amount", least=1, most=AMOUNT_MAX, got=self.value)
        if self.kind == "amount" and self.cap is not None:
            raise InvalidValue("cap", "only_with_percentage")
        if self.cap is not None and not 1 <= self.cap <= AMOUNT_MAX:
            raise InvalidValue("cap", "amount", least=1, most=AMOUNT_MAX, got=self.cap)

    def discount_on(self, price: int) -> int:
        """The amount off `price`, rounded down and never more than the price."""
        if price < 0:
            raise ValueError(f"price must not be negative, got {price}")
        off = self.value if self.kind == "amount" else price * self.value // 100
        if self.cap is not None:
            off = min(off, self.cap)
        return min(off, price)
