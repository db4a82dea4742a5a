"""VisitStats: a site room's figures of visits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from waitroom.stats.tally import Tally

TALLIED = ("claimed", "walked_in", "missed", "finished", "ended", "revoked", "restored_visits")


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitStats:
    """called, inside: members who take a seat now. The others are totals since the beginning.

    claimed: visits that began; each ends finished, ended or revoked. walked_in: called at entry.
    missed: calls that nobody answered in time. restored_visits: by passes, after Redis lost them.
    """

    called: int
    inside: int
    claimed: int
    walked_in: int
    missed: int
    finished: int
    ended: int
    revoked: int
    restored_visits: int

    @classmethod
    def from_reply(
        cls, room: Mapping[bytes, bytes], admitted: int, inside: int, tally: Tally
    ) -> VisitStats | None:
        """None for a room that leads to no site."""
        if room.get(b"kind") != b"site":
            return None
        counts = {name: tally.count(name) for name in TALLIED}
        return cls(called=admitted, inside=inside, **counts)
