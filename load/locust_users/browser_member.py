"""Browser member: by pages, static files, forms and cookies, and following the page's stream."""

from __future__ import annotations

import re
from contextlib import closing
from http.cookiejar import CookieJar
from typing import Any
from urllib.request import Request

from locust.env import Environment

from load.locust_users.member import Member
from load.locust_users.place_stream import StreamRefused, follow_places
from load.locust_users.visitor import Answer
from load.page_visit import page_links

# As browsers send it; without it, the server refuses changes by cookie.
OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}
STATE = re.compile(r'data-state="(\w+)"')
NUMBER = re.compile(r'<span class="number[^"]*">([\d,]+)</span>')
DELAY = re.compile(r"load delay:([\d.]+)s")
# Answers when no more streams can open; the page polls then.
NO_STREAM = (0, 429, 503)


class BrowserMember(Member):
    """Comes by a hand-over link; keeps a session, a ticket and loaded static files."""

    abstract = True

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.headers = OWN_PAGE
        self.cookies = CookieJar()
        self.client.client.cookiejar = self.client.cookiejar = self.cookies
        self._loaded: set[str] = set()

    def sign_in(self) -> None:
        path = f"/signin?token={self.token}&next=/coupons/{self.code}"
        self.ask("GET", path, "hand-over")
        self.ask("GET", f"/signed-in?next=/coupons/{self.code}", "page: signed in")

    def open_page(self, path: str, what: str) -> Answer:
        """The page, then what it names and this browser has not loaded yet."""
        answer = self.ask("GET", path, what)
        for asset in page_links(answer.text).assets:
            if asset not in self._loaded:
                self._loaded.add(asset)
                self.ask("GET", asset, "static file")
        return answer

    def look(self) -> None:
        self.open_page(f"/coupons/{self.code}", "page of the coupon")

    def enter(self) -> float | None:
        answer = self.ask("POST", f"/rooms/{self.code}/enter", "page: enter", refusals=(410,))
        self.crowd.timings.enter.append(answer.took_s)
        if answer.status == 303:
            self._show_ticket()
            return self._understand(self.open_page(f"/rooms/{self.code}", "page of the ticket"))
        if answer.status == 410:
            self.seen.refused("at entry")
            return None
        return self.seen.note(answer.status, {"detail": answer.text[:80]})

    def _show_ticket(self) -> None:
        """The browser sends it along with the room's pages, by its path."""
        has_one = "ticket-" in self._cookie_header(f"/rooms/{self.code}")
        self.check("a browser keeps its ticket", has_one, "there is no cookie with a ticket")

    def _cookie_header(self, path: str) -> str:
        request = Request(f"{self.crowd.target.base_url}{path}")  # noqa: S310 - agreed to
        self.cookies.add_cookie_header(request)
        return request.get_header("Cookie") or ""

    def wait_in_line(self, wait_s: float | None) -> None:
        """By the stream while there is one, else by polling, as the page does."""
        if wait_s is not None and self.crowd.streams.acquire(blocking=False):
            try:
                wait_s = self._follow(wait_s)
            finally:
                self.crowd.streams.release()
        super().wait_in_line(wait_s)

    def _follow(self, wait_s: float) -> float | None:
        path = f"/rooms/{self.code}/live"
        headers = {**OWN_PAGE, "Cookie": self._cookie_header(path)}
        began_s, told = self.now_s(), 0
        try:
            with closing(follow_places(self.crowd.target.base_url, path, headers)) as places:
                for html in places:
                    told += 1
                    if told == 1:
                        self.seen.waited = True
                        took_ms = (self.now_s() - began_s) * 1_000
                        self.count("STREAM", "stream: first event", took_ms)
                    next_s = self._understand(Answer(200, html))
                    if next_s is None:
                        return None
                    wait_s = next_s
        except StreamRefused as refused:
            self.check("a stream opens or says why not", refused.status in NO_STREAM, str(refused))
        return wait_s

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

    def record_outcome(self, answer: Answer) -> str | None:
        state = STATE.search(answer.text)
        return state[1] if state else super().record_outcome(answer)


def read_fragment(html: str) -> dict[str, Any]:
    """A place in the API's form, with the fields that a waiting page shows."""
    state, number, delay = STATE.search(html), NUMBER.search(html), DELAY.search(html)
    waiting = state is not None and state[1] == "waiting"
    return {
        "state": state[1] if state else None,
        "ahead": int(number[1].replace(",", "")) - 1 if number and waiting else None,
        "ask_again_s": float(delay[1]) if delay else None,
        "arrived_at": None,
    }
