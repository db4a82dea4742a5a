"""The open run by browsers: pages with their static files, forms, cookies, and the page's stream.

locust -f load/scenarios/browsers.py --headless -u 1000 --coupon spring
"""

from __future__ import annotations

from load.locust_users.browser_member import BrowserMember
from load.locust_users.shape import OneLifeEach

__all__ = ["BrowserRun", "OneLifeEach"]


class BrowserRun(BrowserMember):
    """Opens the coupon's page before the gate, then presses the button and follows the ticket."""

    abstract = False

    def gather(self) -> None:
        self.sign_in()
        self.look()
