"""Clocks: skews each process' clock, and compares what the processes read with Redis' TIME."""

from __future__ import annotations

import asyncio
import json
import time
from bisect import bisect_left
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from redis import Redis
from redis.exceptions import RedisError

from tests.faults import skewed_clock

# Redis' clock is compared with the monotonic clock, which all processes of a host share.
COMPARE_EVERY_S = 0.5
COMPARED_WITHIN_S = 0.02
REDIS = "redis"


@dataclass(frozen=True, slots=True)
class ClockSeen:
    """A clock that should differ from Redis' by asked_s, from from_s on (of our monotonic clock).

    seen_s: the difference in each statement of its processes.
    """

    name: str
    asked_s: float
    from_s: float
    seen_s: tuple[float, ...]

    @property
    def off_by_s(self) -> float | None:
        return median(self.seen_s) if self.seen_s else None

    def __str__(self) -> str:
        off = "never stated" if self.off_by_s is None else f"{self.off_by_s:+.3f} s"
        return (
            f"clock of {self.name}: set {self.asked_s:+.1f} s off Redis' TIME, was {off} "
            f"({len(self.seen_s)} statements)"
        )


class Clocks:
    """A file for each process' clock, in a folder of its own."""

    def __init__(self, folder: Path, offsets: Mapping[str, float]) -> None:
        self._folder = folder
        self._asked: list[tuple[float, str, float]] = []
        self._differences: list[tuple[float, float]] = []
        folder.mkdir()
        skewed_clock.statements_beside(folder / "any").touch(0o600)
        for name, offset_s in offsets.items():
            self.set(name, offset_s)

    def set(self, name: str, offset_s: float) -> None:
        """From now on, also for a running process. Redis' own clock is set elsewhere."""
        skewed_clock.write_offset(self._folder / name, offset_s)
        self._asked.append((time.monotonic(), name, offset_s))

    def environ(self, name: str) -> dict[str, str]:
        """The environment for the process with this clock."""
        path = self._folder / name
        return {skewed_clock.VARIABLE: str(path)} if path.exists() else {}

    async def compare(self, redis_url: str) -> None:
        """Record Redis' TIME minus our monotonic clock, every COMPARE_EVERY_S, for ever."""
        with Redis.from_url(redis_url, socket_timeout=1) as redis:
            while True:
                with suppress(RedisError, OSError):
                    await asyncio.to_thread(self._compare_once, redis)
                await asyncio.sleep(COMPARE_EVERY_S)

    def _compare_once(self, redis: Redis) -> None:
        before_s = time.monotonic()
        seconds, microseconds = redis.time()
        after_s = time.monotonic()
        if after_s - before_s < COMPARED_WITHIN_S:
            middle_s = (before_s + after_s) / 2
            self._differences.append((middle_s, seconds + microseconds / 1e6 - middle_s))

    def seen(self) -> list[ClockSeen]:
        """The statements of each clock, once for each offset that it was set to."""
        statements = [
            json.loads(line)
            for line in skewed_clock.statements_beside(self._folder / "any").read_text().split("\n")
            if line
        ]
        found = []
        for from_s, name, asked_s in self._asked:
            until_s = min(
                (at_s for at_s, other, _ in self._asked if other == name and at_s > from_s),
                default=float("inf"),
            )
            own = [
                one
                for one in statements
                if one["clock"] == name
                and from_s < one["before_s"] < one["after_s"] < until_s
                and one["after_s"] - one["before_s"] < skewed_clock.STATED_WITHIN_S
            ]
            off_by = [
                one[word] - self._right_time(one["before_s"])
                for one in own
                for word in ("time_s", "datetime_s")
            ]
            if name == REDIS:
                off_by = self._redis_off_by(from_s, until_s)
            found.append(ClockSeen(name, asked_s, from_s, tuple(off_by)))
        return found

    def _right_time(self, monotonic_s: float) -> float:
        """Redis' time at that moment, by the next comparison, as if its clock had not been set."""
        if not self._differences:
            return float("nan")
        index = bisect_left(self._differences, (monotonic_s, 0.0))
        compared_s, difference_s = self._differences[min(index, len(self._differences) - 1)]
        set_s = [by_s for at_s, name, by_s in self._asked if name == REDIS and at_s < compared_s]
        return monotonic_s + difference_s - (set_s[-1] if set_s else 0.0)

    def _redis_off_by(self, from_s: float, until_s: float) -> list[float]:
        """How far Redis' clock was off this process', which is right, in each comparison."""
        right_s = time.time() - time.monotonic()
        return [one_s - right_s for at_s, one_s in self._differences if from_s < at_s < until_s]
