"""Figures: a room's live numbers, as an admin sees them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from domain.room_settings import RoomSettings

METER_SLOTS = 1024  # as in lua/include/meter.lua
FIGURES_OVER_S = 10
_DEFAULTS = RoomSettings()


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts since the beginning, but for in_line and under_way (now) and the rates (per s).

    in_line are all who have a place, also in a line that is over; away who were passed over, and
    are not back. refused were admitted first, turned_away at the door. steered_rate_per_s is the
    rate in force on autopilot, None without.
    """

    state: str
    rate_per_s: float
    burst: int
    seats: int
    size_max: int
    lobby_s: int
    opening: str
    grace_s: int
    return_s: int
    rate_mode: str
    rate_min_per_s: float
    rate_max_per_s: float
    latency_bound_ms: int
    steered_rate_per_s: float | None
    total_count: int
    used_count: int
    is_over: bool
    in_line: int
    under_way: int
    away: int
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

    @property
    def rate_in_force_per_s(self) -> float:
        """The steered rate on autopilot, else the one that was set."""
        return self.rate_per_s if self.steered_rate_per_s is None else self.steered_rate_per_s

    @property
    def waiting(self) -> int:
        """Who waits for something: nobody, once the room is over."""
        return 0 if self.is_over else self.in_line

    @property
    def told_no(self) -> int:
        """Refused in all: after admission, at the door, and all who waited when it was over."""
        over = self.in_line + self.away if self.is_over else 0
        return self.refused + self.turned_away + over

    def as_record(self) -> dict[str, object]:
        """Everything, by name."""
        derived = {name: getattr(self, name) for name in ("remain_count", "waiting", "told_no")}
        return asdict(self) | derived

    @classmethod
    def read(
        cls,
        room: Mapping[bytes, bytes],
        in_line: int,
        under_way: int,
        away: int,
        tally: Mapping[bytes, bytes],
        admitted_meter: Sequence[bytes | None],
        issued_meter: Sequence[bytes | None],
        steered_rate: bytes | None = None,
        *,
        now_s: int,
        over_s: int,
    ) -> Figures:
        def counted(name: str) -> int:
            return int(tally.get(name.encode(), 0))

        def later(name: str) -> str:
            """A setting that rooms of an earlier version have once they are settled again."""
            known = room.get(name.encode())
            return known.decode() if known else str(getattr(_DEFAULTS, name))

        total_count, used_count = int(room[b"total_count"]), int(room[b"used_count"])
        return cls(
            state=room[b"state"].decode(),
            rate_per_s=float(room[b"rate_per_s"]),
            burst=int(room[b"burst"]),
            seats=int(room[b"seats"]),
            size_max=int(room[b"size_max"]),
            lobby_s=int(later("lobby_s")),
            opening=later("opening"),
            grace_s=int(later("grace_s")),
            return_s=int(later("return_s")),
            rate_mode=later("rate_mode"),
            rate_min_per_s=(least := float(later("rate_min_per_s"))),
            rate_max_per_s=(most := float(later("rate_max_per_s"))),
            latency_bound_ms=int(later("latency_bound_ms")),
            # Clamped as admit.lua does it: what is told is what is in force.
            steered_rate_per_s=min(max(float(steered_rate or room[b"rate_per_s"]), least), most)
            if later("rate_mode") == "autopilot"
            else None,
            total_count=total_count,
            used_count=used_count,
            is_over=room[b"state"] == b"closed"
            or used_count >= total_count
            or now_s * 1_000_000 >= int(room[b"closes_at"]),
            in_line=in_line,
            under_way=under_way,
            away=away,
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
