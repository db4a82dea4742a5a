"""The whole life of a member, by pages and cookies as in a browser, from the list to a used coupon.

locust -f load/scenarios/member_journey.py --headless -u 200 -r 20 --coupon spring
"""

from __future__ import annotations

import re
from http.cookiejar import CookieJar
from typing import Any

from locust.env import Environment

from load.locust_users import shape
from load.locust_users.member import Member
from load.locust_users.visitor import Answer

# As browsers say it; without, a change asked for by cookie is not carried out.
OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}
STATE = re.compile(r'data-state="(\w+)"')
NUMBER = re.compile(r'<span class="number[^"]*">([\d,]+)</span>')
DELAY = re.compile(r"load delay:([\d.]+)s")


class OneByOne(shape.OneLifeEach):
    """20 a second where no rate is given: pages cost a server more than the API."""

    arrivals_per_s = 20.0


class Shopper(Member):
    """Handed over by the shop, has a session, gets a coupon and spends it."""

    abstract = False

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.headers = OWN_PAGE
        self.client.client.cookiejar = self.client.cookiejar = CookieJar()

    def gather(self) -> None:
        """Everything they do is part of their life."""

    def try_to_get_one(self) -> None:
        self.ask("GET", "/", "list of coupons")
        self.look()
        path = f"/signin?token={self.token}&next=/coupons/{self.code}"
        self.ask("GET", path, "hand-over")
        self.ask("GET", f"/signed-in?next=/coupons/{self.code}", "page: signed in")
        self.look()
        self.wait_in_line(self.enter())
        if self.seen.final == "issued":
            self._use_it()

    def look(self) -> None:
        self.ask("GET", f"/coupons/{self.code}", "page of the coupon")

    def enter(self) -> float | None:
        answer = self.ask("POST", f"/rooms/{self.code}/enter", "page: enter", refusals=(410,))
        self.crowd.timings.enter.append(answer.took_s)
        if answer.status == 303:
            return self._understand(self.ask("GET", f"/rooms/{self.code}", "page of the ticket"))
        if answer.status == 410:
            self.seen.refused("at entry")
            return None
        return self.seen.note(answer.status, {"detail": answer.text[:80]})

    def ask_for_place(self) -> float | None:
        answer = self.ask("GET", f"/rooms/{self.code}/place", "page: place")
        self.crowd.timings.place.append(answer.took_s)
        return self._understand(answer)

    def _understand(self, answer: Answer) -> float | None:
        """A fragment that goes on says when; of a final one, the API knows the particulars."""
        place = read_fragment(answer.text)
        if place["ask_again_s"] is not None:
            return self.seen.note_next(answer.status, place)
        told = self.ask("GET", f"/api/rooms/{self.code}/place", "place")
        self.check(
            "page and API say the same",
            told.body.get("state") == place["state"],
            f"page: {place['state']}, API: {told.body.get('state')}",
        )
        return self.seen.note_next(told.status, told.body)

    def _use_it(self) -> None:
        mine = self.ask("GET", "/me", "page of one's coupons")
        use = re.search(r'action="(/me/coupons/[^"]+/use)"', mine.text)
        self.check("the coupon is on one's page", use is not None, "there is no button to use it")
        if use is None:
            return
        self.ask("POST", use[1], "page: use")
        again = self.ask("POST", use[1], "page: use again", refusals=(409,))
        self.check("a coupon is used once", again.status == 409, f"again: {again.status}")

    def record_outcome(self, answer: Answer) -> str | None:
        state = STATE.search(answer.text)
        return state[1] if state else super().record_outcome(answer)


def read_fragment(html: str) -> dict[str, Any]:
    """A place as the API would say it; only what a waiting page shows."""
    state, number, delay = STATE.search(html), NUMBER.search(html), DELAY.search(html)
    waiting = state is not None and state[1] == "waiting"
    return {
        "state": state[1] if state else None,
        "ahead": int(number[1].replace(",", "")) - 1 if number and waiting else None,
        "ask_again_s": float(delay[1]) if delay else None,
        "arrived_at": None,
    }
