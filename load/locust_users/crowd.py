"""Crowd: all members of one run. They start together, and the run ends when all are done."""

from __future__ import annotations

import random
import secrets
import time
from dataclasses import dataclass

from gevent.event import Event
from gevent.lock import BoundedSemaphore

from load.crowd.observations import Observations, Timings
from load.crowd.target import Target
from load.crowd.verdict import Verdict, verdict


@dataclass(frozen=True, slots=True)
class Plan:
    """look: at the coupon before entering, as `api`, `page` or `no`.

    people: users of all kinds. within_s: all arrive in this time, at random. connections_max: open
    at once; other requests wait. give_up_s: then the run ends, and members without a final answer
    count as failed. total_count: coupons on offer.
    """

    code: str
    total_count: int
    look: str
    people: int
    within_s: float
    connections_max: int
    give_up_s: float


class Crowd:
    """The members, their answers, and when the run began and ended."""

    def __init__(self, target: Target, plan: Plan) -> None:
        self.target = target
        self.plan = plan
        self.seen: list[Observations] = []
        self.timings = Timings()
        self.outsiders: set[str] = set()  # members who must never get a coupon
        self.connections = BoundedSemaphore(plan.connections_max)
        # Separate and fewer, since a member keeps a stream for as long as they wait.
        self.streams = BoundedSemaphore(max(1, plan.connections_max // 4))
        self.gate, self.over = Event(), Event()
        self.began_at = self.ended_at = 0.0
        self._run = secrets.token_hex(3)
        self._made_at = time.monotonic()
        self._born = self._there = 0
        self._done = 0

    def name_for(self, kind: str) -> str:
        """A new member id."""
        self._born += 1
        return f"{kind}-{self._run}-{self._born}"

    def count_arrival(self) -> None:
        """Count a user who is ready; the last one opens the gate for all."""
        self._there += 1
        if self._there == self.plan.people:
            self.began_at = time.monotonic()
            self.gate.set()

    def arrival_s(self) -> float:
        """Seconds after the gate's opening at which a member arrives."""
        return random.uniform(0, self.plan.within_s)  # noqa: S311 - no secret

    def count_done(self) -> None:
        self._done += 1
        if self._done >= self.plan.people:
            self.end()

    def end(self) -> None:
        """End the run: all are done, or the time is up."""
        if not self.over.is_set():
            self.ended_at = time.monotonic()
            self.over.set()

    @property
    def has_given_up(self) -> bool:
        return time.monotonic() - (self.began_at or self._made_at) > self.plan.give_up_s

    @property
    def missing(self) -> int:
        """Members who were not done at the end."""
        return self.plan.people - self._done

    @property
    def took_s(self) -> float:
        return self.ended_at - self.began_at if self.began_at else 0.0

    def judge(self) -> tuple[Verdict, int]:
        """The verdict, and how many coupons went to outsiders."""
        self.end()
        for one in self.seen:
            if one.final == "failed" and one.error is None:
                one.error = "no final answer before the end"
        rows = self.target.rows(self.plan.code)
        told = verdict(self.seen, total_count=self.plan.total_count, holders=rows)
        return told, sum(member in self.outsiders for member in rows or ())
