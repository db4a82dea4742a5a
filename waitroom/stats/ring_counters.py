"""Reading a room's ring of seconds; what a slot keeps of an earlier lap is not counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from redis.asyncio.client import Pipeline

from waitroom.redis_io.constants import METER_SLOTS
from waitroom.stats.latency_histogram import percentile_s

# What is counted and what is timed in each second.
COUNTED = ("entered", "admitted", "issued", "refused", "turned_away", "left")
TIMED = ("enter_us", "issue_us")

Slot = bytes | None


def meter_slots(what: str, now_s: int, over_s: int) -> list[str]:
    """The meter's fields for the last `over_s` whole seconds; the current one is not over yet."""
    return [f"{what}:{second % METER_SLOTS}" for second in range(now_s - over_s, now_s)]


def queue_meter_reads(
    pipe: Pipeline, key: str, names: Sequence[str], now_s: int, over_s: int
) -> None:
    """Have the pipeline read these of the meter, an answer for each, as Meter takes them."""
    for name in names:
        pipe.hmget(key, meter_slots(name, now_s, over_s))


class Meter:
    """What was counted and timed in each of the last whole seconds, the last before `now_s`.

    slots: what was read, by name. Nothing else reads the meter's hash.
    """

    def __init__(self, slots: Mapping[str, Sequence[Slot]], now_s: int) -> None:
        self._slots = slots
        self._now_s = now_s

    def count_by_second(self, name: str) -> list[int]:
        """How many in each of these seconds, the oldest first."""
        return [int(rest or 0) for rest in self._current(name)]

    def per_s(self, name: str) -> float:
        counts = self.count_by_second(name)
        return sum(counts) / len(counts)

    def p99s_ms(self, name: str) -> list[float | None]:
        """Of each of these seconds; None where nothing was timed."""
        return [_p99_ms(one) for one in self._histograms(name)]

    def p99_ms(self, name: str) -> float | None:
        """Of all these seconds together."""
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
        """Without what a slot keeps of an earlier lap."""
        slots, found = self._slots[name], []
        for second, slot in zip(range(self._now_s - len(slots), self._now_s), slots, strict=True):
            at, _, rest = (slot or b"").partition(b" ")
            found.append(rest if at and int(at) == second else b"")
        return found


def _p99_ms(steps: Mapping[int, int]) -> float | None:
    """To a tenth of a millisecond, which is finer than the steps are."""
    took_s = percentile_s(steps, 0.99)
    return None if took_s is None else round(took_s * 1_000, 1)
