"""TimeSeries: a room's counts and latencies per second, over at most fifteen minutes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis

from waitroom.redis_io.keys import Keys
from waitroom.stats.ring_counters import COUNTED, READ, TIMED, Meter, queue_meter_reads

SERIES_S_MAX = 900


@dataclass(frozen=True, slots=True)
class TimeSeries:
    """One value per whole second, oldest first, without the current second.

    begins_at_s: the first second, since 1970. refused: after admission. turned_away: refused at
    entry. The p99s are in ms, None where nothing was timed. waiting: None where no admitter ran.
    """

    begins_at_s: int
    entered: list[int]
    admitted: list[int]
    issued: list[int]
    refused: list[int]
    turned_away: list[int]
    left: list[int]
    enter_p99_ms: list[float | None]
    issue_p99_ms: list[float | None]
    waiting: list[int | None]

    @property
    def refused_in_all(self) -> list[int]:
        """Refused after admission or at entry: `refused` as the previous release counted it."""
        return [sum(both) for both in zip(self.refused, self.turned_away, strict=True)]


async def read_series(redis: Redis, keys: Keys, seconds: int) -> TimeSeries | None:
    """None for an unknown room. Reads a bounded number of fields, whatever the line's length."""
    now_s, _ = await redis.time()
    names = (*COUNTED, *TIMED, *READ)
    async with redis.pipeline(transaction=True) as pipe:
        pipe.exists(keys.room)
        queue_meter_reads(pipe, keys.meter, names, now_s, seconds)
        is_known, *slots = await pipe.execute()
    if not is_known:
        return None
    meter = Meter(dict(zip(names, slots, strict=True)), now_s)
    return TimeSeries(
        now_s - seconds,
        **{name: meter.count_by_second(name) for name in COUNTED},
        enter_p99_ms=meter.p99s_ms("enter_us"),
        issue_p99_ms=meter.p99s_ms("issue_us"),
        waiting=meter.reading_by_second("waiting"),
    )


def as_record(series: TimeSeries) -> dict[str, Any]:
    """All series by name."""
    return {name: getattr(series, name) for name in (*TimeSeries.__slots__, "refused_in_all")}
