"""Pollers: they poll faster than the line asks them to.

locust -f load/scenarios/pollers.py --headless -u 200 --coupon spring
"""

from __future__ import annotations

from typing import ClassVar

from load.locust_users.member import Member
from load.locust_users.shape import OneLifeEach

__all__ = ["OneLifeEach", "Poller"]


class Poller(Member):
    """Gains nothing: the place falls as fast as for other members."""

    abstract = False
    asks_every_s: ClassVar[float] = 0.2

    def patience_s(self, told_s: float) -> float:
        return min(told_s, self.asks_every_s)
