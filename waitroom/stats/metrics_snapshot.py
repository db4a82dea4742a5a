"""MetricsSnapshot: a room's live figures and totals, for the metrics endpoint."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from redis.asyncio import Redis

from domain.refusals import CouponLost
from waitroom.errors import NoSuchRoom
from waitroom.redis_io.keys import Keys
from waitroom.redis_io.script_call import translate_redis_errors
from waitroom.stats.room_stats import FIGURES_OVER_S, RoomStats, read_room_stats
from waitroom.stats.tally import LatencyTotals


@dataclass(frozen=True, slots=True)
class MetricsSnapshot:
    """One room at one moment. Times are seconds of Redis' clock.

    refused, turned_away: counts by reason, after admission and at entry. enter: time to answer an
    entry; issue: from admission to outcome; wait: from arrival to outcome. admission_at_s: an
    admitter's last call, None before the first. pilot_at_s, reason: of the autopilot's last step.
    differences: by kind, as found at checked_at_s; empty and None before the first check.
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
        """Read a bounded number of fields, whatever the line's length.

        Raises NoSuchRoom also for a rehearsal: its code, a label here, would let anybody enter.
        """
        k = Keys(code)
        with translate_redis_errors():
            known = await read_room_stats(self._redis, k, FIGURES_OVER_S)
            async with self._redis.pipeline(transaction=False) as pipe:
                pipe.time()
                pipe.hmget(k.bucket, ["ticked_at", "at"])
                pipe.hget(k.room, "stage")
                pipe.hget(k.rate_controller, "state")
                pipe.hgetall(k.differences)
                (seconds, us), (ticked_at, at), stage, pilot, found = await pipe.execute()
        if known is None or stage == b"rehearsal":
            raise NoSuchRoom
        figures, tally = known
        kinds = {name.decode(): int(count) for name, count in found.items()}
        checked_at = kinds.pop("checked_at", None)
        step = json.loads(pilot) if pilot else {}
        return MetricsSnapshot(
            figures=figures,
            now_s=seconds + us / 1_000_000,
            passed_over=tally.count("passed_over"),
            returned=tally.count("returned"),
            # From 0 on, so that the alert sees its first increase.
            refused={CouponLost.slug: 0} | tally.count_by("refused"),
            turned_away=tally.count_by("turned_away"),
            enter=tally.latency("enter_us"),
            issue=tally.latency("issue_us"),
            wait=tally.latency("waited"),
            # Walk-ins also move `at`; an admitter of an earlier version writes nothing else.
            admission_at_s=_seconds(ticked_at or at),
            pilot_at_s=step.get("at_s"),
            reason=step.get("reason"),
            differences=kinds,
            checked_at_s=_seconds(checked_at),
        )


def _seconds(us: bytes | int | None) -> float | None:
    return None if us is None else int(us) / 1_000_000
