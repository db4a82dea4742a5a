"""Autopilot seen: follows a room's autopilot during a run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from tests.faults.evidence import Decided, Step
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
        self._house = house
        self._code = code
        self._redis_url = redis_url
        self._now_s = now_s

    async def follow(self) -> None:
        """Record the number of the last step, every READ_EVERY_S, until cancelled."""
        with Redis.from_url(self._redis_url, socket_timeout=1) as redis:
            while True:
                with suppress(RedisError, OSError):
                    number: Any = await asyncio.to_thread(
                        redis.hget, Keys(self._code).rate_controller, "step"
                    )
                    if number:
                        self.steps.append(Step(self._now_s(), int(number)))
                await asyncio.sleep(READ_EVERY_S)

    def evidence(self, ends_s: float) -> dict[str, Any]:
        """The fields of Evidence. ends_s: when the room ends."""
        found = self._house.admin("GET", f"/rooms/{self._code}/autopilot?at_most=300")["decisions"]
        decisions = [
            Decided(one["reason"], one["queue_age_s"], one["issued_per_s"]) for one in found
        ]
        return {"ends_s": ends_s, "decisions": decisions, "autopilot_steps": self.steps}
