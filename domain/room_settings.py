"""RoomSettings: what an admin may turn while a line is moving."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

RoomState = Literal["open", "paused", "closed"]
ROOM_STATES: tuple[RoomState, ...] = get_args(RoomState)

RATE_PER_S_MAX = 100_000.0
BURST_MAX = 100_000
SEATS_MAX = 100_000
SIZE_MAX = 10_000_000


@dataclass(frozen=True, slots=True)
class RoomSettings:
    """What an admin may turn while it runs.

    rate_per_s: admissions a second on average. burst: how many may be let through at once after a
    pause, but never less than a quarter of a second's worth. seats: how many may be under way
    (admitted, no outcome yet). size_max: how many may wait. Raises ValueError, naming the field,
    where a value lies outside its bounds.
    """

    rate_per_s: float = 100.0
    burst: int = 100
    seats: int = 2_000
    size_max: int = 1_000_000
    state: RoomState = "open"

    def __post_init__(self) -> None:
        if not 0 < self.rate_per_s <= RATE_PER_S_MAX:
            raise ValueError(
                f"rate_per_s must be above 0 and at most {RATE_PER_S_MAX:,.0f}, "
                f"got {self.rate_per_s}"
            )
        for name, value, most in (
            ("burst", self.burst, BURST_MAX),
            ("seats", self.seats, SEATS_MAX),
            ("size_max", self.size_max, SIZE_MAX),
        ):
            if not 1 <= value <= most:
                raise ValueError(f"{name} must be from 1 to {most:,}, got {value}")
        if self.state not in ROOM_STATES:
            raise ValueError(f'state must be one of {", ".join(ROOM_STATES)}, got "{self.state}"')

    def change(self, **changes: Any) -> RoomSettings:
        """The same settings with what was given changed; what is None stays."""
        return replace(self, **{name: v for name, v in changes.items() if v is not None})
