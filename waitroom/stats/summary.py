"""RoomSummary: a room's result, from totals counted while it ran."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, cast

from redis.asyncio import Redis

from waitroom.redis_io.keys import Keys
from waitroom.stats.latency_histogram import percentile_s
from waitroom.stats.tally import Tally


@dataclass(frozen=True, slots=True)
class RoomSummary:
    """Totals since the beginning; waits in s, from arrival to outcome, None without an outcome.

    refused: after admission, by reason. turned_away: refused at entry, by reason; counts each
    attempt of a member. In a draw the waits begin with the opening.
    """

    entered: int
    admitted: int
    issued: int
    left: int
    passed_over: int
    returned: int
    refused: dict[str, int]
    turned_away: dict[str, int]
    wait_median_s: float | None
    wait_p95_s: float | None
    wait_longest_s: float | None

    def as_record(self) -> dict[str, Any]:
        """All totals by name."""
        return asdict(self)

    @classmethod
    def from_tally(cls, tally: Tally) -> RoomSummary:
        waits, longest_s = tally.latency("waited").steps, tally.seconds("waited_longest_us")

        def at_most(share: float) -> float | None:
            found = percentile_s(waits, share)
            return found if found is None or longest_s is None else min(found, longest_s)

        numbers = ("entered", "admitted", "issued", "left", "passed_over", "returned")
        return cls(
            **{name: tally.count(name) for name in numbers},
            refused=tally.count_by("refused"),
            turned_away=tally.count_by("turned_away"),
            wait_median_s=at_most(0.5),
            wait_p95_s=at_most(0.95),
            wait_longest_s=longest_s,
        )


async def read_summary(redis: Redis, keys: Keys) -> RoomSummary | None:
    """None for an unknown room."""
    if not await redis.exists(keys.room):
        return None
    counted = cast("Mapping[bytes, bytes]", await redis.hgetall(keys.tally))
    return RoomSummary.from_tally(Tally(counted))
