"""Fifteen full minutes for a room that has just begun, as its board has to read them."""

from __future__ import annotations

import json
from typing import Any

from topology.async_redis import open_async_redis
from waitroom.autopilot import Decision
from waitroom.autopilot_state import STEP_S_MIN
from waitroom.redis_io.constants import DECISIONS_MAX, METER_SLOTS
from waitroom.redis_io.keys import Keys
from waitroom.stats.ring_counters import COUNTED, TIMED
from waitroom.stats.time_series import SERIES_S_MAX

COUNT_A_SECOND = 100
# As many steps as a busy second's histogram has.
HISTOGRAM = " ".join(
    f"{step}={count}" for step, count in zip(range(12, 22), range(1, 11), strict=True)
)


async def write_history(redis_url: str, code: str) -> None:
    """Each second of the ring counted and timed, and as many decisions as are kept.

    Written into Redis as the scripts write it; a board that could not read it would show noughts.
    """
    async with open_async_redis(redis_url, connections_max=1) as redis:
        now_s, _ = await redis.time()
        slots: dict[Any, str] = {}
        for second in range(now_s - SERIES_S_MAX, now_s):
            at = second % METER_SLOTS
            slots |= {f"{what}:{at}": f"{second} {COUNT_A_SECOND}" for what in COUNTED}
            slots |= {f"{what}:{at}": f"{second} {HISTOGRAM}" for what in TIMED}
        decisions = [
            Decision(now_s - n * STEP_S_MIN, 100.0 + n % 7, 40.0, 0.1, COUNT_A_SECOND, "rises")
            for n in reversed(range(DECISIONS_MAX))
        ]
        keys = Keys(code)
        await redis.hset(keys.meter, mapping=slots)
        await redis.lpush(keys.decisions, *(json.dumps(one.as_record()) for one in decisions))
