"""What tests of sites begin with: a site and a room of it, in no store."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from domain.room import Room
from domain.room_settings import RoomSettings
from domain.sites.site import Site
from domain.sites.site_room import UNBOUNDED_COUNT, SiteRoom
from domain.sites.site_settings import SiteSettings

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def a_site(**changes: object) -> Site:
    values = {"id": uuid4(), "code": "shop", "name": "Tea shop", "hosts": ("shop.example",)}
    return Site(**(values | changes))


def a_site_room(
    site: Site | None = None, *, settings: SiteSettings | None = None, **changes: object
) -> SiteRoom:
    title = str(changes.pop("title", "Sale"))
    room_settings = changes.pop("room_settings", RoomSettings())
    values = {
        "id": uuid4(), "code": "sale", "kind": "site", "settings": room_settings,
        "opens_at": NOON, "closes_at": NOON + HOUR, "total_count": UNBOUNDED_COUNT,
        "used_count": 0, "version": 1,
    }  # fmt: skip
    return SiteRoom(Room(**(values | changes)), site or a_site(), title, settings or SiteSettings())
