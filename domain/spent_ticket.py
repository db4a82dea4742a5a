"""SpentTicket: the arrival up to which a member's tickets no longer restore a place."""

from __future__ import annotations

from typing import NamedTuple


class SpentTicket(NamedTuple):
    """The member left the line, or was admitted and refused.

    arrival: tickets with this arrival (us, or the number drawn) or an earlier one are spent; 0:
    none, since the member has entered the lobby again. noted_at_us: by the line's clock; of two
    records, the later one counts.
    """

    member_id: str
    arrival: int
    noted_at_us: int
