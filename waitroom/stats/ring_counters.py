"""Reading a room's ring of seconds; what a slot keeps of an earlier lap is not counted."""

from __future__ import annotations

from collections.abc import Sequence

from waitroom.redis_io.constants import METER_SLOTS

# What is counted and what is timed in each second.
COUNTED = ("entered", "admitted", "issued", "refused", "left")
TIMED = ("enter_us", "issue_us")

Slot = bytes | None


def meter_slots(what: str, now_s: int, over_s: int) -> list[str]:
    """The meter's fields for the last `over_s` whole seconds; the current one is not over yet."""
    return [f"{what}:{second % METER_SLOTS}" for second in range(now_s - over_s, now_s)]


def read_counts(slots: Sequence[Slot], now_s: int) -> list[int]:
    """How many in each of these seconds, the last of which is the one before `now_s`."""
    return [int(rest or 0) for rest in _filter_current(slots, now_s)]


def read_histograms(slots: Sequence[Slot], now_s: int) -> list[dict[int, int]]:
    """The histogram of each of these seconds."""
    return [
        {int(step): int(count) for step, _, count in (one.partition(b"=") for one in rest.split())}
        for rest in _filter_current(slots, now_s)
    ]


def merge_histograms(seconds: Sequence[dict[int, int]]) -> dict[int, int]:
    """One histogram of them all."""
    total: dict[int, int] = {}
    for one in seconds:
        for step, count in one.items():
            total[step] = total.get(step, 0) + count
    return total


def _filter_current(slots: Sequence[Slot], now_s: int) -> list[bytes]:
    found = []
    for second, slot in zip(range(now_s - len(slots), now_s), slots, strict=True):
        at, _, rest = (slot or b"").partition(b" ")
        found.append(rest if at and int(at) == second else b"")
    return found
