"""A room's figures, and all that was counted since its beginning, for a monitor."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from redis.asyncio import Redis

from waitroom.errors import NoSuchRoom
from waitroom.redis_io.keys import Keys
from waitroom.redis_io.script_call import translate_redis_errors
from waitroom.stats.room_stats import FIGURES_OVER_S, RoomStats, read_room_stats


@dataclass(frozen=True, slots=True)
class LatencyTotals:
    """How long something took since the beginning: counts of steps
    (`waitroom.stats.latency_histogram`), and all.
    """

    steps: Mapping[int, int]
    sum_s: float


@dataclass(frozen=True, slots=True)
class MetricsSnapshot:
    """refused and turned_away say why. enter, issue and wait: answering who enters, from being let
    through to the outcome, and from arrival to the outcome.

    admission_at_s: when an admitter looked last, None where none ever did. pilot_at_s and reason:
    of the autopilot's last step. differences: by kind, as the last check found them at
    checked_at_s; empty, and None, where there was none yet. Times are seconds of Redis' clock.
    """

    figures: RoomStats
    now_s: float
    passed_over: int
    returned: int
    refused: Mapping[str, int]
    turned_away: Mapping[str, int]
    enter: LatencyTotals
    issue: LatencyTotals
    wait: LatencyTotals
    admission_at_s: float | None
    pilot_at_s: float | None
    reason: str | None
    differences: Mapping[str, int]
    checked_at_s: float | None


class MetricsReader:
    """Raises LineAway where Redis does not answer."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def read_room(self, code: str) -> MetricsSnapshot:
        """A bounded number of fields, however many wait. Raises NoSuchRoom."""
        k = Keys(code)
        with translate_redis_errors():
            figures = await read_room_stats(self._redis, k, FIGURES_OVER_S)
            async with self._redis.pipeline(transaction=False) as pipe:
                pipe.time()
                pipe.hgetall(k.tally)
                pipe.hget(k.bucket, "at")
                pipe.hget(k.rate_controller, "state")
                pipe.hgetall(k.differences)
                (seconds, us), tally, at, pilot, found = await pipe.execute()
        if figures is None:
            raise NoSuchRoom
        counts = {name.decode(): int(count) for name, count in tally.items()}
        kinds = {name.decode(): int(count) for name, count in found.items()}
        checked_at = kinds.pop("checked_at", None)
        step = json.loads(pilot) if pilot else {}
        return MetricsSnapshot(
            figures=figures,
            now_s=seconds + us / 1_000_000,
            passed_over=counts.get("passed_over", 0),
            returned=counts.get("returned", 0),
            refused=_some(counts, "refused"),
            turned_away=_some(counts, "turned_away"),
            enter=_times(counts, "enter_us"),
            issue=_times(counts, "issue_us"),
            wait=_times(counts, "waited"),
            admission_at_s=_seconds(at),
            pilot_at_s=step.get("at_s"),
            reason=step.get("reason"),
            differences=kinds,
            checked_at_s=_seconds(checked_at),
        )


def _some(counts: Mapping[str, int], of: str) -> dict[str, int]:
    start = f"{of}:"
    found = (name for name in sorted(counts) if name.startswith(start))
    return {name.removeprefix(start): counts[name] for name in found}


def _times(counts: Mapping[str, int], what: str) -> LatencyTotals:
    steps = {int(step): count for step, count in _some(counts, what).items()}
    return LatencyTotals(steps, counts.get(what, 0) / 1_000_000)


def _seconds(us: bytes | int | None) -> float | None:
    return None if us is None else int(us) / 1_000_000
