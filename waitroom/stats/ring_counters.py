"""Meter: reads a room's ring of per-second counters, and skips slots of an earlier lap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from redis.asyncio.client import Pipeline

from waitroom.redis_io.constants import METER_SLOTS
from waitroom.stats.latency_histogram import percentile_s

# The ring's counters and histograms.
COUNTED = ("entered", "admitted", "issued", "refused", "turned_away", "left")
TIMED = ("enter_us", "issue_us")
# The last reading of each second.
READ = ("waiting",)

Slot = bytes | None


def meter_slots(what: str, now_s: int, over_s: int) -> list[str]:
    """The meter's fields for the last `over_s` whole seconds, without the current one."""
    return [f"{what}:{second % METER_SLOTS}" for second in range(now_s - over_s, now_s)]


def queue_meter_reads(
    pipe: Pipeline, key: str, names: Sequence[str], now_s: int, over_s: int
) -> None:
    """Queue one read for each name; the replies are the slots that Meter takes."""
    for name in names:
        pipe.hmget(key, meter_slots(name, now_s, over_s))


class Meter:
    """Counts and latencies of each of the last whole seconds before `now_s`.

    slots: the replies, by name. Nothing else reads the meter's hash.
    """

    def __init__(self, slots: Mapping[str, Sequence[Slot]], now_s: int) -> None:
        self._slots = slots
        self._now_s = now_s

    def count_by_second(self, name: str) -> list[int]:
        """The count of each second, the oldest first."""
        return [int(rest or 0) for rest in self._current(name)]

    def reading_by_second(self, name: str) -> list[int | None]:
        """The reading of each second, the oldest first; None where nothing was read."""
        return [int(rest) if rest else None for rest in self._current(name)]

    def per_s(self, name: str) -> float:
        counts = self.count_by_second(name)
        return sum(counts) / len(counts)

    def p99s_ms(self, name: str) -> list[float | None]:
        """The p99 of each second (ms); None where nothing was timed."""
        return [_p99_ms(one) for one in self._histograms(name)]

    def p99_ms(self, name: str) -> float | None:
        """The p99 over all these seconds (ms); None where nothing was timed."""
        total: dict[int, int] = {}
        for one in self._histograms(name):
            for step, count in one.items():
                total[step] = total.get(step, 0) + count
        return _p99_ms(total)

    def _histograms(self, name: str) -> list[dict[int, int]]:
        return [
            {
                int(step): int(count)
                for step, _, count in (one.partition(b"=") for one in rest.split())
            }
            for rest in self._current(name)
        ]

    def _current(self, name: str) -> list[bytes]:
        """The slots' values, empty for a slot of an earlier lap."""
        slots, found = self._slots[name], []
        for second, slot in zip(range(self._now_s - len(slots), self._now_s), slots, strict=True):
            at, _, rest = (slot or b"").partition(b" ")
            found.append(rest if at and int(at) == second else b"")
        return found


def _p99_ms(steps: Mapping[int, int]) -> float | None:
    """Rounded to 0.1 ms, which is finer than the histogram's steps."""
    took_s = percentile_s(steps, 0.99)
    return None if took_s is None else round(took_s * 1_000, 1)
