"""RoomPlans: changes a room's plan in Postgres, then in the line and in this process' caches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from application.office import Office
from domain.room import Room
from issuance.postgres.engine import Engine
from waitroom.errors import LineError
from waitroom.line import Line

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class RoomPlans:
    """office: runs the admin's calls of Postgres. now: Postgres' clock. forget: drops what this
    process' caches know of rooms.
    """

    office: Office
    engine: Engine
    line: Line
    now: Callable[[], datetime]
    forget: Callable[[], None]

    async def change(
        self, change: Callable[..., Room], code: str, *values: Any, who: str, **named: Any
    ) -> Room:
        """Make this change of issuance.planning, and apply the room that it returns.

        Raises OfficeAway and the errors of `change`.
        """
        room = await self.office.run(
            change, self.engine, code, *values, who=who, now=self.now(), **named
        )
        self.forget()
        try:
            await self.line.apply_settings(room)
        except LineError:
            # The change is in Postgres; the admitter retries to apply it every second.
            log.warning("line unreachable: settings not applied yet", room=room.code)
        return room
