"""Autopilot seen: follows a room's autopilot during a run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import takewhile
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from tests.faults.evidence import Decided, Reported, Step
from tests.house import House
from waitroom.redis_io.keys import Keys

READ_EVERY_S = 0.5
# The rate is never too high for what a busy host can issue, nor too low to sell out in time.
SETTINGS = {
    "rate_mode": "autopilot",
    "rate_min_per_s": 20,
    "rate_max_per_s": 60,
    "latency_bound_ms": 2_000,
}


class AutopilotSeen:
    """redis_url: of the server itself. now_s: seconds after the crowd set out."""

    def __init__(self, house: House, code: str, redis_url: str, now_s: Callable[[], float]) -> None:
        self.steps: list[Step] = []
        self.ages = QueueAges()
        self.reported = Reports()
        self._house = house
        self._code = code
        self._redis_url = redis_url
        self._now_s = now_s

    async def follow(self) -> None:
        """Record the last step, the waiting jobs and the reports, until the autopilot is off."""
        with Redis.from_url(self._redis_url, socket_timeout=1) as redis:
            mode = None
            while mode != b"manual":
                with suppress(RedisError, OSError):
                    mode, number, jobs, reports = await asyncio.to_thread(self._read, redis)
                    at_s = self._now_s()
                    self.ages.note(at_s, jobs)
                    self.reported.note(at_s, reports)
                    if number:
                        self.steps.append(Step(at_s, int(number)))
                await asyncio.sleep(READ_EVERY_S)

    def _read(self, redis: Redis) -> list[Any]:
        with redis.pipeline() as pipe:
            pipe.hget(Keys(self._code).room, "rate_mode")
            pipe.hget(Keys(self._code).rate_controller, "step")
            pipe.lrange(f"rq:queue:{self._house.environ['QUEUE_NAME']}", 0, -1)
            pipe.lrange(Keys(self._code).reports, 0, -1)
            return pipe.execute()

    def evidence(self, ends_s: float) -> dict[str, Any]:
        """The fields of Evidence. ends_s: when the room ends."""
        found = self._house.admin("GET", f"/rooms/{self._code}/autopilot?at_most=300")["decisions"]
        decisions = [
            Decided(one["reason"], one["queue_age_s"], one["issued_per_s"]) for one in found
        ]
        return {
            "ends_s": ends_s,
            "decisions": decisions,
            "autopilot_steps": self.steps,
            "queue_age_max_s": self.ages.most_s,
            "reported": self.reported.found,
        }


class QueueAges:
    """The most that the first job of a queue may have waited, by our clock alone."""

    def __init__(self) -> None:
        self.most_s = 0.0
        self._before_s: float | None = None
        self._first: bytes | None = None
        self._since_s: dict[bytes, float] = {}

    def note(self, at_s: float, jobs: Sequence[bytes]) -> None:
        """Note the jobs that wait at at_s, the first one first."""
        before_s = at_s if self._before_s is None else self._before_s
        # A job may have come right after the last reading, and the first left right before this.
        since_s = before_s if self._first is None else self._since_s[self._first]
        self.most_s = max(self.most_s, at_s - since_s)
        self._since_s = {job: self._since_s.get(job, before_s) for job in jobs}
        self._before_s, self._first = at_s, jobs[0] if jobs else None


class Reports:
    """How many members workers reported between two readings, by our clock alone."""

    def __init__(self) -> None:
        self.found: list[Reported] = []
        self._before_s: float | None = None
        self._newest = b""

    def note(self, at_s: float, reports: Sequence[bytes]) -> None:
        """Note the reports that Redis keeps at at_s, the newest first."""
        new = list(takewhile(lambda one: one != self._newest, reports))
        members = sum(int(report.split()[-1]) for report in new)
        since_s = at_s if self._before_s is None else self._before_s
        self.found.append(Reported(since_s, at_s, members))
        self._before_s, self._newest = at_s, reports[0] if reports else b""
