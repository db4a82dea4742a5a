"""Double-clickers: each presses the button five times at once, and must get one place.

locust -f load/scenarios/double_clickers.py --headless -u 1000 --coupon spring
"""

from __future__ import annotations

import gevent

from load.crowd.observations import CLICKS
from load.locust_users.member import Member
from load.locust_users.shape import OneLifeEach

__all__ = ["DoubleClicker", "OneLifeEach"]


class DoubleClicker(Member):
    """Keeps the answers to all clicks, so that a second coupon would show."""

    abstract = False

    def enter(self) -> float | None:
        clicks = [gevent.spawn(super(DoubleClicker, self).enter) for _ in range(CLICKS)]
        waits: list[float | None] = [click.get() for click in gevent.joinall(clicks)]
        if self.seen.final != "failed" or self.seen.error is not None:
            return None
        return min(wait_s for wait_s in waits if wait_s is not None)
