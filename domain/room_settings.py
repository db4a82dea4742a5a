"""RoomSettings: what an admin may turn while a line is moving."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

from domain.invalid_value import InvalidValue

# Draining: nobody new may take a place; who has one is served.
RoomState = Literal["open", "paused", "draining", "closed"]
ROOM_STATES: tuple[RoomState, ...] = get_args(RoomState)
# In which order the lobby stands when the room opens: as they came, or as the draw says.
Opening = Literal["first_come", "draw"]
OPENINGS: tuple[Opening, ...] = get_args(Opening)
# Who turns the rate: an admin, or the admitter by what it sees of the database.
RateMode = Literal["manual", "autopilot"]
RATE_MODES: tuple[RateMode, ...] = get_args(RateMode)
# Whether whoever enters must solve a small proof of work first.
Challenge = Literal["off", "on"]
CHALLENGES: tuple[Challenge, ...] = get_args(Challenge)

RATE_PER_S_MAX = 100_000.0
BURST_MAX = 100_000
SEATS_MAX = 100_000
SIZE_MAX = 10_000_000
LOBBY_S_MAX = 7 * 24 * 3600
GRACE_S_MIN, GRACE_S_MAX = 2, 24 * 3600
RETURN_S_MAX = 24 * 3600
RESTORE_S_MAX = 3600
LATENCY_BOUND_MS_MIN, LATENCY_BOUND_MS_MAX = 10, 10_000


@dataclass(frozen=True, slots=True)
class RoomSettings:
    """What an admin may turn while it runs.

    rate_per_s: admissions a second on average. burst: how many may be let through at once after a
    pause, but never less than a quarter of a second's worth. seats: how many may be under way
    (admitted, no outcome yet). size_max: how many may wait.

    lobby_s: how long before the opening the lobby lets people in. opening: in which order it then
    stands in line. grace_s: who has not been heard from for so long is passed over; return_s: who
    comes back within so long afterwards is at the head again, else at the end. restore_s: how long
    at least a line that has lost its places lets nobody through, from the first who is heard
    again, so that who stood in it can come back.

    rate_mode: with `autopilot` the rate begins at rate_per_s and is found from there, from
    rate_min_per_s to rate_max_per_s, so that 95 % of the workers' transactions take at most
    latency_bound_ms.

    challenge: with `on`, a place is taken only with a solved proof of work.

    Raises InvalidValue where a value lies outside its bounds.
    """

    rate_per_s: float = 100.0
    burst: int = 100
    seats: int = 2_000
    size_max: int = 1_000_000
    state: RoomState = "open"
    lobby_s: int = 900
    opening: Opening = "first_come"
    grace_s: int = 300
    return_s: int = 600
    restore_s: int = 30
    rate_mode: RateMode = "manual"
    rate_min_per_s: float = 1.0
    rate_max_per_s: float = 1_000.0
    latency_bound_ms: int = 250
    challenge: Challenge = "off"

    def __post_init__(self) -> None:
        for name, rate in (
            ("rate_per_s", self.rate_per_s),
            ("rate_min_per_s", self.rate_min_per_s),
            ("rate_max_per_s", self.rate_max_per_s),
        ):
            if not 0 < rate <= RATE_PER_S_MAX:
                raise InvalidValue(name, "above", least=0, most=RATE_PER_S_MAX, got=rate)
        if self.rate_min_per_s > self.rate_max_per_s:
            raise InvalidValue(
                "rate_min_per_s",
                "at_most_field",
                other="rate_max_per_s",
                most=self.rate_max_per_s,
                got=self.rate_min_per_s,
            )
        for name, value, least, most in (
            ("burst", self.burst, 1, BURST_MAX),
            ("seats", self.seats, 1, SEATS_MAX),
            ("size_max", self.size_max, 1, SIZE_MAX),
            ("lobby_s", self.lobby_s, 0, LOBBY_S_MAX),
            ("grace_s", self.grace_s, GRACE_S_MIN, GRACE_S_MAX),
            ("return_s", self.return_s, 0, RETURN_S_MAX),
            ("restore_s", self.restore_s, 0, RESTORE_S_MAX),
            (
                "latency_bound_ms",
                self.latency_bound_ms,
                LATENCY_BOUND_MS_MIN,
                LATENCY_BOUND_MS_MAX,
            ),
        ):
            if not least <= value <= most:
                raise InvalidValue(name, "range", least=least, most=most, got=value)
        for name, word, words in (
            ("state", self.state, ROOM_STATES),
            ("opening", self.opening, OPENINGS),
            ("rate_mode", self.rate_mode, RATE_MODES),
            ("challenge", self.challenge, CHALLENGES),
        ):
            if word not in words:
                raise InvalidValue(name, "choice", choices=", ".join(words), got=word)

    def change(self, **changes: Any) -> RoomSettings:
        """The same settings with what was given changed; what is None stays."""
        return replace(self, **{name: v for name, v in changes.items() if v is not None})
