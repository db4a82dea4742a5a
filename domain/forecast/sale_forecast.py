"""SaleForecast: how a sale goes if everybody is there when it opens."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SaleForecast:
    """ends_in_s: from the opening until the last coupon is taken or, if there are enough, until
    everybody has one; nobody waits longer. will_miss_out: members who come and get none. left:
    coupons that nobody takes. no_room_for: members who find the line full and must try again.
    """

    ends_in_s: float
    will_miss_out: int
    left: int
    no_room_for: int


def forecast_sale(*, coupons: int, people: int, rate_per_s: float, size_max: int) -> SaleForecast:
    """The forecast at a constant rate, which is above 0. size_max: the most in line at once."""
    taken = min(coupons, people)
    return SaleForecast(
        ends_in_s=taken / rate_per_s,
        will_miss_out=people - taken,
        left=coupons - taken,
        no_room_for=max(0, people - size_max),
    )
