"""Decides which changes streams send. `waitroom/poll_interval.py` decides how often."""

from __future__ import annotations

from waitroom.member_status import MemberStatus, RoomFacts


def time_group(facts: RoomFacts) -> tuple[object, ...]:
    """The facts whose change is sent to all streams at once: the phase and the opening."""
    return facts.phase.word, facts.opens_at_us, facts.is_lobby


def common_state(facts: RoomFacts) -> tuple[object, ...]:
    """The part of a stream's state that is the same in the whole room, without its clock."""
    return *time_group(facts), facts.remain_count, facts.known_pace_per_s


def notable_state(standing: MemberStatus, common: tuple[object, ...]) -> int:
    """A hash that changes where there is something to send. An int, as each stream keeps one."""
    return hash((standing.kind, standing.arrival_us, standing.ahead, standing.text, common))
