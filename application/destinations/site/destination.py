"""The site destination: admitted members are called, and nothing else takes them."""

from __future__ import annotations

from domain.room import RoomKind
from waitroom.admitter import AdmissionStep
from waitroom.line import Line

# A site has no capacity of its own: the seats of each room bound it, in admit.lua.
CALLED_AT_ONCE_MAX = 10_000
# Until a site room's settings are in the line; then its claim_s counts.
CLAIM_S = 120.0


class SiteDestination:
    """Calls members from the line alone: needs neither Postgres nor workers, so it is always open.

    A called member stays in the line's `admitted` until they come.
    """

    kind: RoomKind = "site"

    def __init__(self, line: Line) -> None:
        self._line = line

    async def free_capacity(self) -> int:
        return CALLED_AT_ONCE_MAX

    async def admit(self, code: str, at_most: int) -> AdmissionStep:
        """Raises LineAway."""
        admission = await self._line.admit(code, at_most=at_most, lease_s=CLAIM_S)
        # A seat may be free any moment: the next member is called soon after.
        may_move_soon = admission.held_back_by in ("rate", "seats")
        return AdmissionStep(len(admission.members), may_move_soon)
