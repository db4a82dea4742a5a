"""Place: how many are ahead, how long it will take, when to ask again. Pure arithmetic."""

from __future__ import annotations

import math
from typing import NamedTuple

from waitroom.member_status import MemberStatus, RoomFacts

ASK_AGAIN_MIN_S = 1.0
# At most so long in a short line, where asking costs little, and so long in a long one.
ASK_AGAIN_OFTEN_S = 5.0
ASK_AGAIN_MAX_S = 20.0
ASKS_CALMLY_PER_S = 500.0
# The pace is known a few seconds after a line has begun to move.
ASK_AGAIN_UNKNOWN_S = 3.0
# A line is spread out so that about this many ask in a second, when all of it wants to know.
ASKS_PER_S = 5_000.0
# Who asks as told is heard from three times before they would be passed over.
ASKS_A_GRACE = 3


class Place(NamedTuple):
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
    def from_status(cls, standing: MemberStatus) -> Place:
        """The place of somebody who waits.

        In a lobby that draws, and where others may still come back, `ahead` says nothing.
        """
        facts, ahead = standing.facts, standing.ahead
        if facts.is_restoring:
            return cls(ahead, None, restoring_ask_again_s(standing))
        if facts.is_lobby:
            return cls(ahead, None, lobby_ask_again_s(standing))
        pace = facts.known_pace_per_s
        wait_s = (ahead + 1) / pace if pace else None
        eta_s = None if wait_s is None else rounded_up_s(wait_s)
        again_s = ask_again_s(
            wait_s, facts.sold_out_in_s, ahead, facts.waiting, standing.arrival_us
        )
        most_s = ask_within_s(facts)
        return cls(ahead, eta_s, again_s if again_s < most_s else most_s)


def ask_within_s(facts: RoomFacts) -> float:
    """The longest that somebody may be told to wait before they ask again."""
    within_s = facts.grace_us / 1_000_000 / ASKS_A_GRACE
    return within_s if within_s > ASK_AGAIN_MIN_S else ASK_AGAIN_MIN_S


def lobby_ask_again_s(standing: MemberStatus) -> float:
    """Right after the opening, not all in one moment; until then now and then, to be heard."""
    return _ask_again_after_s(standing, standing.facts.opens_at_us)


def restoring_ask_again_s(standing: MemberStatus) -> float:
    """The same, for when a line that was lost has come together again."""
    return _ask_again_after_s(standing, standing.facts.restoring_until_us)


def _ask_again_after_s(standing: MemberStatus, at_us: int) -> float:
    facts = standing.facts
    spread = standing.arrival_us % 1_000 / 1_000
    after_s = (at_us - facts.now_us) / 1_000_000
    after_s += spread * (ASK_AGAIN_MIN_S + facts.waiting / ASKS_PER_S)
    calm_s = ASK_AGAIN_MAX_S * (0.8 + 0.4 * spread)
    return round(max(ASK_AGAIN_MIN_S, min(after_s, calm_s, ask_within_s(facts))), 2)


def rounded_up_s(seconds: float) -> int:
    """Seconds, rounded up to 5 below a minute, to 30 below ten minutes, else to a minute.

    Never falls when `seconds` grows, so a wait that shortens is never told longer.
    """
    step = 5 if seconds <= 60 else 30 if seconds <= 600 else 60
    return math.ceil(seconds / step) * step


def ask_again_s(
    wait_s: float | None, sold_out_in_s: float | None, ahead: int, waiting: int, arrival_us: int
) -> float:
    """When there will be news: a fifth of the wait on, or when the last one may be gone.

    Who is far back need not ask often, but is not to wait for nothing either. Where the wait is not
    known, the head of the line hears at once whether it moves. Spread after the arrival, so that a
    crowd that came together does not ask together.
    """
    if wait_s is None:
        seconds = min(ASK_AGAIN_MIN_S + ahead / 50, ASK_AGAIN_UNKNOWN_S)
    else:
        most_s = min(max(waiting / ASKS_CALMLY_PER_S, ASK_AGAIN_OFTEN_S), ASK_AGAIN_MAX_S)
        seconds = min(wait_s / 5, most_s)
    if sold_out_in_s is not None and sold_out_in_s < seconds:
        seconds = sold_out_in_s
    seconds = max(seconds, ASK_AGAIN_MIN_S)
    spread = arrival_us % 1_000 / 1_000
    calm_s = waiting / ASKS_PER_S if wait_s is None or wait_s > 10 else 0.0
    seconds = seconds * (0.9 + 0.2 * spread) + calm_s * spread
    return int(seconds * 100 + 0.5) / 100  # `round` takes three times as long
