"""SiteRoom: a waiting room in front of a site."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from domain.coupon import YEAR_MAX, check_code, check_schedule
from domain.invalid_value import InvalidValue, check_line_of_text
from domain.room import Room
from domain.sites.site import Site
from domain.sites.site_settings import SiteSettings
from domain.sites.target_urls import target_in

TITLE_LENGTH_MAX = 200
# When a room without an end closes.
NEVER = datetime(YEAR_MAX, 12, 31, tzinfo=UTC)
# A site has no stock: so many that its line never counts as sold out.
UNBOUNDED_COUNT = 1_000_000_000


@dataclass(frozen=True, slots=True)
class SiteRoom:
    """A room whose line leads to `site`. title: what visitors read above the line. settings: those
    that only rooms of sites have; `room` has them too, as its further ones.

    Raises InvalidValue for a code, a title or a time that is not allowed, and for a setting that is
    for coupons only.
    """

    room: Room
    site: Site
    title: str
    settings: SiteSettings

    def __post_init__(self) -> None:
        room = self.room
        check_code(room.code)
        check_line_of_text("title", self.title, TITLE_LENGTH_MAX)
        check_schedule(room.opens_at, "closes_at", room.closes_at)
        if room.settings.rate_mode != "manual":
            raise InvalidValue("rate_mode", "choice", choices="manual", got=room.settings.rate_mode)

    @property
    def code(self) -> str:
        return self.room.code

    @property
    def closes_at(self) -> datetime | None:
        """None where it never closes."""
        return None if self.room.closes_at == NEVER else self.room.closes_at

    @property
    def target_url(self) -> str:
        """Where a visitor goes who came with no address of the site."""
        # The site may have lost a host since the address was set.
        found = target_in(self.site.hosts, self.settings.target_url)
        return found or f"{self.site.origins[0]}/"

    def change(
        self,
        *,
        title: str | None = None,
        opens_at: datetime | None = None,
        closes_at: datetime | None = None,
        **settings: Any,
    ) -> SiteRoom:
        """A copy with these fields and settings of all kinds changed; None keeps a value.

        closes_at: NEVER for a room that is to stay open. Raises InvalidValue.
        """
        own = {name: settings.pop(name, None) for name in asdict(self.settings)}
        changed = self.settings.change(**own)
        room = replace(
            self.room,
            settings=self.room.settings.change(**settings),
            opens_at=opens_at or self.room.opens_at,
            closes_at=closes_at or self.room.closes_at,
            further=asdict(changed),
        )
        return SiteRoom(room, self.site, self.title if title is None else title, changed)

    def check_target_url(self) -> None:
        """Raises InvalidValue if an admin's address is not on a host of the site."""
        given = self.settings.target_url
        if given and target_in(self.site.hosts, given) is None:
            hosts = ", ".join(self.site.hosts)
            raise InvalidValue("target_url", "of_site", hosts=hosts, got=given[:80])

    def target(self, raw: str) -> str:
        """`raw` where it belongs to the site, else target_url."""
        return target_in(self.site.hosts, raw) or self.target_url
