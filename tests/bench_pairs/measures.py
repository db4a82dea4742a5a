"""Measures of one burst against one side, each as work a second."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from pathlib import Path

from load.bench.context import OFFERS_READ_S, members
from load.bench.http_load import LoadOptions, run_load, write_tokens
from load.bench.measures.visits import VISITORS_PER_S, visit_steps
from load.bench.tokens import tokens
from load.bench.visitors import VisitPlan, run_visits
from tests.bench_pairs.sides import Side
from tests.house import eventually
from web.auth.member_tokens import Visitor
from web.auth.sessions import SESSION_COOKIE

CONNECTIONS = 64
COUPONS = 5_000_000
# More than can enter in a burst, so that nearly everybody is new.
ENTRANTS_PER_S = 30_000
IN_LINE = 20_000


class Bursts:
    """Measures by their names. One burst loads one side for `seconds`; `waiting` members ask."""

    def __init__(
        self, folder: Path, token_secret: str, seconds: float, *, waiting: int = IN_LINE
    ) -> None:
        self._folder = folder
        self._seconds = seconds
        self._waiting = waiting
        made = tokens(token_secret, members("pair", max(waiting, int(ENTRANTS_PER_S * seconds))))
        self._entrants = write_tokens(folder / "entrants", made)
        self._in_line = write_tokens(folder / "in-line", made[:waiting])
        self._lines: dict[str, str] = {}
        self._visited: dict[str, str] = {}

    @property
    def measures(self) -> dict[str, Callable[[Side], float]]:
        return {"enter": self.enter, "place": self.place, "chain": self.chain, "visit": self.visit}

    def enter(self, side: Side) -> float:
        """Answers a second to new members of a paused line."""
        return self._answers_per_s(side.url(side.new_room(COUPONS, paused=True), "enter"))

    def place(self, side: Side) -> float:
        """Answers a second to members of a paused line who ask for their place."""
        code = self._lines.get(side.name)
        if code is None:
            code = self._lines[side.name] = side.new_room(COUPONS, paused=True)
            self._fill(side, code)
        return self._answers_per_s(side.url(code, "place"), "GET", self._in_line)

    def chain(self, side: Side) -> float:
        """Coupons a second, from the first who enters to the last who has one."""
        code = side.new_room(COUPONS)
        began = time.monotonic()
        self._answers_per_s(side.url(code, "enter"))
        eventually(lambda: self._all_issued(side, code), within_s=120)
        return side.counts(code)[1] / (time.monotonic() - began)

    def visit(self, side: Side) -> float:
        """Requests a second of whole visits of new members, as `bench visit` makes them."""
        code = self._visited.get(side.name)
        if code is None:
            code = self._visited[side.name] = side.new_room(COUPONS, paused=True)
            time.sleep(OFFERS_READ_S)
        plan = VisitPlan(tuple(visit_steps(side.house.base_url, code)), self._new_visitors(side))
        seen = run_visits(side.house.port, CONNECTIONS, self._seconds, plan, self._folder)
        if seen.errors or not seen.visits:
            raise RuntimeError(f"{seen.errors} visits failed, first: {seen.first_error}")
        return seen.requests_per_s

    def _new_visitors(self, side: Side) -> tuple[str, ...]:
        """The cookies of members who have not visited before; each side signs its own sessions."""
        sessions, now_us = side.house.sessions, int(time.time() * 1_000_000)
        new = members(f"visit-{secrets.token_hex(4)}", int(VISITORS_PER_S * self._seconds))
        begun = (sessions.begin(Visitor(one, one), now_us) for one in new)
        return tuple(f"Cookie: {SESSION_COOKIE}={sessions.sign(one)}" for one in begun)

    def _all_issued(self, side: Side, code: str) -> bool:
        entered, issued = side.counts(code)
        return entered == issued > 0

    def _fill(self, side: Side, code: str) -> None:
        """Each try begins with the first again, so each takes longer until one gets to the last."""
        url, seconds = side.url(code, "enter"), self._seconds
        while side.counts(code)[0] < self._waiting:
            run_load(LoadOptions(url, CONNECTIONS, seconds, "POST", self._in_line))
            seconds *= 2

    def _answers_per_s(self, url: str, method: str = "POST", crowd: Path | None = None) -> float:
        """Raises RuntimeError where a request failed: the figure would be of errors."""
        crowd = crowd or self._entrants
        seen = run_load(LoadOptions(url, CONNECTIONS, self._seconds, method, crowd))
        if seen.errors:
            raise RuntimeError(f"{seen.errors} of {seen.answered} requests to {url} failed.")
        return seen.per_s
