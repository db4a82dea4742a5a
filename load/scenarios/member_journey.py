"""A member's whole journey by pages and cookies, from the list of coupons to a used coupon.

locust -f load/scenarios/member_journey.py --headless -u 200 -r 20 --coupon spring
"""

from __future__ import annotations

import re

from load.locust_users import shape
from load.locust_users.browser_member import BrowserMember


class OneByOne(shape.OneLifeEach):
    """20 a second without `-r`: pages cost a server more than the API."""

    arrivals_per_s = 20.0


class Shopper(BrowserMember):
    """Comes from the shop by a hand-over link, gets a coupon and uses it."""

    abstract = False

    def gather(self) -> None:
        """Nothing: all steps are timed."""

    def try_to_get_one(self) -> None:
        self.open_page("/", "list of coupons")
        self.look()
        self.sign_in()
        self.look()
        super().try_to_get_one()
        if self.seen.final == "issued":
            self._use_it()

    def _use_it(self) -> None:
        mine = self.ask("GET", "/me", "page of one's coupons")
        use = re.search(r'action="(/me/coupons/[^"]+/use)"', mine.text)
        self.check("the coupon is on one's page", use is not None, "there is no button to use it")
        if use is None:
            return
        self.ask("POST", use[1], "page: use")
        again = self.ask("POST", use[1], "page: use again", refusals=(409,))
        self.check("a coupon is used once", again.status == 409, f"again: {again.status}")
