"""What integration tests of sites begin with: a site, and a room of it, in Postgres."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Engine

from domain.room_settings import RoomSettings
from domain.sites.site import Site
from domain.sites.site_room import SiteRoom
from domain.sites.site_settings import SiteSettings
from issuance.sites.site_rooms import create_site_room
from issuance.sites.sites import create_site
from tests.integration.cast import HOUR, now

HOSTS = ("shop.example", "http://localhost:8080")


def site_there(engine: Engine, code: str, **changes: Any) -> Site:
    values = {"name": "Tea shop", "hosts": HOSTS, "who": "test", "now": now()}
    return create_site(engine, code, **(values | changes))


def site_room_there(
    engine: Engine,
    site: Site,
    code: str,
    *,
    settings: SiteSettings | None = None,
    opens_at: datetime | None = None,
    closes_at: datetime | None = None,
    **room: Any,
) -> SiteRoom:
    """A room that opened an hour ago; `room`: settings that all rooms have."""
    return create_site_room(
        engine,
        site.code,
        code,
        title="Spring sale",
        opens_at=opens_at or now() - HOUR,
        closes_at=closes_at,
        room_settings=RoomSettings(**({"rate_per_s": 10_000, "burst": 10_000} | room)),
        settings=settings or SiteSettings(),
        who="test",
        now=now(),
    )
