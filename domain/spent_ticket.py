"""Spent ticket: up to which arrival a member's tickets give no place back any more."""

from __future__ import annotations

from typing import NamedTuple


class SpentTicket(NamedTuple):
    """Of a member who left, or was let through and refused, in one line.

    arrival: tickets of this arrival (us, or number drawn) or an earlier one are spent; 0 where none
    is, as the member has entered the lobby again. noted_at_us: when, by the line's clock; the later
    of two counts.
    """

    member_id: str
    arrival: int
    noted_at_us: int
