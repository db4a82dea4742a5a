"""What must have changed for somebody to be told, and when they are looked up again."""

from __future__ import annotations

from waitroom.member_status import MemberStatus, RoomFacts
from waitroom.place import ask_within_s

# Who has long to wait is told less often: a hundred-and-twentieth of the wait on, within these.
OFTEN_S = 1.0
SELDOM_S = 5.0
WAIT_SHARE = 120
# Where the pace is not known, the head of the line hears first whether it moves.
UNKNOWN_S = 3.0
UNKNOWN_AHEAD = 50


def time_group(facts: RoomFacts) -> tuple[object, ...]:
    """What everybody is to hear at once when it changes: the phase, and the opening."""
    return facts.phase.word, facts.opens_at_us, facts.is_lobby


def common_state(facts: RoomFacts) -> tuple[object, ...]:
    """The part of everybody's news that a room has in common; not its clock."""
    return *time_group(facts), facts.remain_count, facts.known_pace_per_s


def notable_state(standing: MemberStatus, common: tuple[object, ...]) -> int:
    """Equal where there is nothing new to tell. A number: there is one for each open stream."""
    return hash((standing.kind, standing.arrival_us, standing.ahead, standing.text, common))


def look_again_s(standing: MemberStatus, pace_per_s: float | None) -> float:
    """How long what they were told is good enough, and the line content with who it has heard."""
    if standing.kind != "waiting":
        return OFTEN_S
    if pace_per_s is None:
        rest_s = min(OFTEN_S + standing.ahead / UNKNOWN_AHEAD, UNKNOWN_S)
    else:
        rest_s = min(max((standing.ahead + 1) / pace_per_s / WAIT_SHARE, OFTEN_S), SELDOM_S)
    return min(rest_s, ask_within_s(standing.facts))
