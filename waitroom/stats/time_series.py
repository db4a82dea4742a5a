"""What happened in a room in each of the last seconds, up to fifteen minutes of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis

from waitroom.redis_io.keys import Keys
from waitroom.stats.latency_histogram import percentile_s
from waitroom.stats.ring_counters import COUNTED, TIMED, meter_slots, read_counts, read_histograms

SERIES_S_MAX = 900


@dataclass(frozen=True, slots=True)
class TimeSeries:
    """One number a whole second, oldest first; the second under way is not among them.

    begins_at_s: the first of them, since 1970. refused: after admission or at the door. The p99s
    are in ms, None where nothing was timed.
    """

    begins_at_s: int
    entered: list[int]
    admitted: list[int]
    issued: list[int]
    refused: list[int]
    left: list[int]
    enter_p99_ms: list[float | None]
    issue_p99_ms: list[float | None]


async def read_series(redis: Redis, keys: Keys, seconds: int) -> TimeSeries | None:
    """None for an unknown room. Reads a bounded number of fields, however many wait."""
    now_s, _ = await redis.time()
    async with redis.pipeline(transaction=True) as pipe:
        pipe.exists(keys.room)
        for what in (*COUNTED, *TIMED):
            pipe.hmget(keys.meter, meter_slots(what, now_s, seconds))
        is_known, *slots = await pipe.execute()
    if not is_known:
        return None
    counted = {what: read_counts(some, now_s) for what, some in zip(COUNTED, slots, strict=False)}
    enter, issue = (
        [p99_ms(one) for one in read_histograms(some, now_s)] for some in slots[len(COUNTED) :]
    )
    return TimeSeries(now_s - seconds, **counted, enter_p99_ms=enter, issue_p99_ms=issue)


def p99_ms(steps: dict[int, int]) -> float | None:
    """To a tenth of a millisecond, which is finer than the steps are."""
    took_s = percentile_s(steps, 0.99)
    return None if took_s is None else round(took_s * 1_000, 1)


def as_record(series: TimeSeries) -> dict[str, Any]:
    """Everything, by name."""
    return {name: getattr(series, name) for name in TimeSeries.__slots__}
