"""What must have changed for somebody to be told. How often: waitroom/poll_interval.py."""

from __future__ import annotations

from waitroom.member_status import MemberStatus, RoomFacts


def time_group(facts: RoomFacts) -> tuple[object, ...]:
    """What everybody is to hear at once when it changes: the phase, and the opening."""
    return facts.phase.word, facts.opens_at_us, facts.is_lobby


def common_state(facts: RoomFacts) -> tuple[object, ...]:
    """The part of everybody's news that a room has in common; not its clock."""
    return *time_group(facts), facts.remain_count, facts.known_pace_per_s


def notable_state(standing: MemberStatus, common: tuple[object, ...]) -> int:
    """Equal where there is nothing new to tell. A number: there is one for each open stream."""
    return hash((standing.kind, standing.arrival_us, standing.ahead, standing.text, common))
