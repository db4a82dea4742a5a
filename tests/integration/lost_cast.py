"""Members of a line that was lost: the tickets they hold, and what showing them gives back."""

from __future__ import annotations

from domain.room_settings import RoomSettings
from tests.integration.line_cast import enter
from waitroom.member_status import MemberStatus

HASTE = RoomSettings(rate_per_s=10_000, burst=10_000, restore_s=0)


async def come_back(
    line, code, tickets: dict[str, MemberStatus], members
) -> dict[str, MemberStatus]:
    """Each shows the ticket they were given."""
    pairs = [(member, tickets[member].arrival_us) for member in members]
    return dict(zip(members, await line.recovery.restore(code, pairs), strict=True))


async def tickets_of(line, code, members) -> dict[str, MemberStatus]:
    return dict(zip(members, await enter(line, code, members), strict=True))


async def kinds_of_restored(line, code, came) -> list[str]:
    pairs = [(member, one.arrival_us) for member, one in came.items()]
    return [one.kind for one in await line.recovery.restore(code, pairs)]
