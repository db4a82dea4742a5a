"""Visit: one member's time inside a site."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from waitroom.member_status import MemberStatus

# ended: its time was up. finished: by the visitor or the site. revoked: by an admin.
VisitState = Literal["inside", "finished", "ended", "revoked"]
VISIT_STATES: tuple[VisitState, ...] = get_args(VisitState)
_BY_LETTER: dict[str, VisitState] = {state[0]: state for state in VISIT_STATES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Times in microseconds since 1970, by Redis' clock.

    ends_at_us: when its time is up, also where it is over already. ended_at_us: when it was over;
    None while inside. renew_from_us: from when it should be renewed; None where it can't be.
    max_ends_at_us: how far renewals extend it at most.
    """

    visit_id: str
    member_id: str
    room: str
    state: VisitState
    called_at_us: int
    claimed_at_us: int
    ends_at_us: int
    ended_at_us: int | None
    renew_from_us: int | None
    max_ends_at_us: int

    @property
    def is_inside(self) -> bool:
        return self.state == "inside"

    @classmethod
    def from_text(cls, text: str, room: str) -> Visit:
        """text: as told_visit of `lua/include/visit.lua` writes it."""
        visit_id, state, *times, member_id = text.split(" ")
        called, claimed, ends, ended, renew_from, latest = (int(time) for time in times)
        return cls(
            visit_id=visit_id,
            member_id=member_id,
            room=room,
            state=_BY_LETTER[state],
            called_at_us=called,
            claimed_at_us=claimed,
            ends_at_us=ends,
            ended_at_us=ended or None,
            renew_from_us=renew_from or None,
            max_ends_at_us=latest,
        )


def visit_of(status: MemberStatus, room: str) -> Visit | None:
    """The member's last visit to this room's site, where the status is its state."""
    return Visit.from_text(status.text, room) if status.kind in VISIT_STATES else None
