"""Crowd: everybody of one run. They set out together, and the run is over when all are done."""

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

    people: of every kind together. within_s: all arrive in it, spread at random. connections_max:
    open at once; others wait their turn. give_up_s: after that, nobody is waited for, and members
    without a final answer count as failed. total_count: coupons on offer.
    """

    code: str
    total_count: int
    look: str
    people: int
    within_s: float
    connections_max: int
    give_up_s: float


class Crowd:
    """Who takes part, what they were told, and when it began and ended."""

    def __init__(self, target: Target, plan: Plan) -> None:
        self.target = target
        self.plan = plan
        self.seen: list[Observations] = []
        self.timings = Timings()
        self.outsiders: set[str] = set()  # who must never hold a coupon
        self.connections = BoundedSemaphore(plan.connections_max)
        # Of their own, and fewer: who holds a stream keeps it for as long as they wait.
        self.streams = BoundedSemaphore(max(1, plan.connections_max // 4))
        self.gate, self.over = Event(), Event()
        self.began_at = self.ended_at = 0.0
        self._run = secrets.token_hex(3)
        self._made_at = time.monotonic()
        self._born = self._there = 0
        self._done = 0

    def name_for(self, kind: str) -> str:
        """A member id that nobody had before."""
        self._born += 1
        return f"{kind}-{self._run}-{self._born}"

    def count_arrival(self) -> None:
        """The last one to be there opens the gate for all."""
        self._there += 1
        if self._there == self.plan.people:
            self.began_at = time.monotonic()
            self.gate.set()

    def arrival_s(self) -> float:
        """When one of them arrives, after the gate has opened."""
        return random.uniform(0, self.plan.within_s)  # noqa: S311 - no secret

    def count_done(self) -> None:
        self._done += 1
        if self._done >= self.plan.people:
            self.end()

    def end(self) -> None:
        """Everybody is done, or nobody is waited for any longer."""
        if not self.over.is_set():
            self.ended_at = time.monotonic()
            self.over.set()

    @property
    def has_given_up(self) -> bool:
        return time.monotonic() - (self.began_at or self._made_at) > self.plan.give_up_s

    @property
    def missing(self) -> int:
        """How many were not done when it ended."""
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
