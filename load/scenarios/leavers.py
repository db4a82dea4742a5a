"""Leavers: some give up their place and come back, some close the tab and come back.

locust -f load/scenarios/leavers.py --headless -u 1000 --coupon spring
"""

from __future__ import annotations

import gevent

from load.locust_users.member import Member
from load.locust_users.shape import OneLifeEach

__all__ = ["Leaver", "OneLifeEach", "TabCloser"]

AWAY_S = 1.0


class Leaver(Member):
    """Leaves the line, enters again, and must start at the end."""

    abstract = False

    def wait_in_line(self, wait_s: float | None) -> None:
        if wait_s is not None:
            wait_s = self._leave_and_come_back(wait_s)
        super().wait_in_line(wait_s)

    def _leave_and_come_back(self, told_s: float) -> float | None:
        gevent.sleep(min(told_s, AWAY_S))
        first = self.seen.arrived_at
        self.ask("DELETE", f"/api/rooms/{self.code}/place", "leave")
        # The old place no longer counts, and later arrivals may pass it.
        self.seen.ahead = self.seen.arrived_at = None
        gevent.sleep(AWAY_S)
        wait_s = self.enter()
        again = self.seen.arrived_at
        if first and again and self.seen.final == "failed" and self.seen.ahead is not None:
            self.check(
                "a member who left starts at the end",
                again > first,
                f"{again} is not after {first}",
            )
        return wait_s


class TabCloser(Member):
    """Closes the tab, comes back without a ticket, and must have kept the place.

    On return they press the button once more, as members do.
    """

    abstract = False

    def wait_in_line(self, wait_s: float | None) -> None:
        if wait_s is not None:
            gevent.sleep(AWAY_S)
            first, ahead = self.seen.arrived_at, self.seen.ahead
            wait_s = self.enter()
            again = self.seen.arrived_at
            self.check(
                "a returning member has the same place", again == first, f"{again}, not {first}"
            )
            if ahead is not None and self.seen.ahead is not None:
                self.check(
                    "a returning member is no further behind",
                    self.seen.ahead <= ahead,
                    f"{self.seen.ahead} ahead, not {ahead}",
                )
        super().wait_in_line(wait_s)
