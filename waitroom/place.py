"""Place: how many are ahead, how long it will take, when to ask again. Pure arithmetic."""

from __future__ import annotations

import math
from dataclasses import dataclass

from waitroom.standing import Standing

ASK_AGAIN_MIN_S = 1.0
ASK_AGAIN_MAX_S = 20.0
# Where the pace is unknown, a line asks about this often altogether.
ASKS_PER_S = 1_000.0


@dataclass(frozen=True, slots=True)
class Place:
    """A member's place: `ahead` is a count, `place` what people see (ahead + 1).

    eta_s: seconds to their turn, rounded up to steps so that it does not tremble; None where
    the pace is not known. ask_again_s: when asking again makes sense.
    """

    ahead: int
    eta_s: int | None
    ask_again_s: float

    @property
    def place(self) -> int:
        return self.ahead + 1

    @classmethod
    def of(cls, standing: Standing) -> Place:
        """The place of somebody who waits."""
        pace = standing.facts.known_pace_per_s
        wait_s = (standing.ahead + 1) / pace if pace else None
        return cls(
            ahead=standing.ahead,
            eta_s=None if wait_s is None else rounded_up_s(wait_s),
            ask_again_s=ask_again_s(wait_s, standing.facts.waiting, standing.arrival_us),
        )


def rounded_up_s(seconds: float) -> int:
    """Seconds, rounded up to 5 below a minute, to 30 below ten minutes, else to a minute.

    Never falls when `seconds` grows, so a wait that shortens is never told longer.
    """
    step = 5 if seconds <= 60 else 30 if seconds <= 600 else 60
    return math.ceil(seconds / step) * step


def ask_again_s(wait_s: float | None, waiting: int, arrival_us: int) -> float:
    """A fifth of the wait, within bounds: who is far back need not ask often.

    Spread by +-10 % after the arrival, so that a crowd that came together does not ask together.
    """
    seconds = waiting / ASKS_PER_S if wait_s is None else wait_s / 5
    spread = 0.9 + 0.2 * (arrival_us % 1_000) / 1_000
    bounded = min(max(seconds, ASK_AGAIN_MIN_S), ASK_AGAIN_MAX_S)
    return round(bounded * spread, 2)
