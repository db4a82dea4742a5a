"""Creates and changes rooms of sites in Postgres, then in the line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import structlog

from application.change_room import ChangedMeanwhile
from application.listing_cache import ListingCache
from application.office import Office
from domain.room import Stage
from domain.room_settings import RoomSettings
from domain.sites.site_room import SiteRoom
from domain.sites.site_settings import SiteSettings
from issuance.postgres.engine import Engine
from issuance.sites import site_rooms
from waitroom.errors import LineError
from waitroom.line import Line

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SiteRoomChanges:
    """office: runs the admin's calls of Postgres. known: this process' rooms.

    now: Postgres' clock.
    """

    office: Office
    engine: Engine
    line: Line
    known: ListingCache[SiteRoom]
    now: Callable[[], datetime]

    async def create(
        self,
        site: str,
        code: str,
        *,
        title: str,
        opens_at: datetime | None,
        closes_at: datetime | None,
        room_settings: RoomSettings,
        settings: SiteSettings,
        stage: Stage = "published",
        who: str,
    ) -> SiteRoom:
        """opens_at: None for now. closes_at: None for never.

        Raises InvalidValue, NoSuchSite, CodeTaken, OfficeAway.
        """
        now = self.now()
        made = await self.office.run(
            site_rooms.create_site_room,
            self.engine,
            site,
            code,
            title=title,
            opens_at=opens_at or now,
            closes_at=closes_at,
            room_settings=room_settings,
            settings=settings,
            stage=stage,
            who=who,
            now=now,
        )
        await self._apply(made)
        return made

    async def change(
        self, code: str, alter: site_rooms.Alter, *, who: str, version: int | None = None
    ) -> SiteRoom:
        """version: of the settings that the admin read before; None to overwrite any.

        Raises NoSuchSiteRoom, ChangedMeanwhile, OfficeAway and the errors of `alter`.
        """

        def checked(before: SiteRoom) -> SiteRoom:
            # Under the room's lock: of two admins with the same version the second fails.
            if version is not None and version != before.room.version:
                raise ChangedMeanwhile(_present(before))
            return alter(before)

        changed = await self.office.run(
            site_rooms.change_site_room, self.engine, code, checked, who=who, now=self.now()
        )
        await self._apply(changed)
        return changed

    async def _apply(self, changed: SiteRoom) -> None:
        self.known.forget()
        try:
            await self.line.apply_settings(changed.room)
        except LineError:
            # The change is in Postgres; the admitter retries to apply it every second.
            log.warning("line unreachable: settings not applied yet", room=changed.code)


def _present(one: SiteRoom) -> dict[str, Any]:
    settings = {**asdict(one.room.settings), **asdict(one.settings)}
    return settings | {"version": one.room.version}
