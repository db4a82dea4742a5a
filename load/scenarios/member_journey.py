"""The whole life of a member, by pages and cookies as in a browser, from the list to a used coupon.

locust -f load/scenarios/member_journey.py --headless -u 200 -r 20 --coupon spring
"""

from __future__ import annotations

import re

from load.locust_users import shape
from load.locust_users.browser_member import BrowserMember


class OneByOne(shape.OneLifeEach):
    """20 a second where no rate is given: pages cost a server more than the API."""

    arrivals_per_s = 20.0


class Shopper(BrowserMember):
    """Handed over by the shop, has a session, gets a coupon and spends it."""

    abstract = False

    def gather(self) -> None:
        """Everything they do is part of their life."""

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
