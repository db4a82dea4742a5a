"""Figures: a room's live numbers, as an admin sees them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

METER_SLOTS = 1024  # as in lua/include/meter.lua
FIGURES_OVER_S = 10


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts since the beginning, but for waiting and under_way (now) and the rates (per s)."""

    state: str
    rate_per_s: float
    burst: int
    seats: int
    size_max: int
    total_count: int
    used_count: int
    waiting: int
    under_way: int
    entered: int
    admitted: int
    issued: int
    refused: int
    left: int
    turned_away: int
    admitted_per_s: float
    issued_per_s: float

    @property
    def remain_count(self) -> int:
        return max(0, self.total_count - self.used_count)

    @classmethod
    def read(
        cls,
        room: Mapping[bytes, bytes],
        waiting: int,
        under_way: int,
        tally: Mapping[bytes, bytes],
        admitted_meter: Sequence[bytes | None],
        issued_meter: Sequence[bytes | None],
        *,
        now_s: int,
        over_s: int,
    ) -> Figures:
        def counted(name: str) -> int:
            return int(tally.get(name.encode(), 0))

        return cls(
            state=room[b"state"].decode(),
            rate_per_s=float(room[b"rate_per_s"]),
            burst=int(room[b"burst"]),
            seats=int(room[b"seats"]),
            size_max=int(room[b"size_max"]),
            total_count=int(room[b"total_count"]),
            used_count=int(room[b"used_count"]),
            waiting=waiting,
            under_way=under_way,
            entered=counted("entered"),
            admitted=counted("admitted"),
            issued=counted("issued"),
            refused=counted("refused"),
            left=counted("left"),
            turned_away=counted("turned_away"),
            admitted_per_s=_per_second(admitted_meter, now_s, over_s),
            issued_per_s=_per_second(issued_meter, now_s, over_s),
        )


def meter_slots(what: str, now_s: int, over_s: int = FIGURES_OVER_S) -> list[str]:
    """The meter's fields for the last `over_s` whole seconds; the current one is not over yet."""
    return [f"{what}:{second % METER_SLOTS}" for second in range(now_s - over_s, now_s)]


def _per_second(meter: Sequence[bytes | None], now_s: int, over_s: int) -> float:
    total = 0
    for second, slot in zip(range(now_s - over_s, now_s), meter, strict=True):
        if slot is not None:
            at, count = slot.split()
            # A slot may still hold an earlier lap of the ring.
            total += int(count) if int(at) == second else 0
    return total / over_s
