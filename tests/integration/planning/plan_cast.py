"""What tests of plans begin with: drafts of both kinds, and what everybody may ask."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine

from domain.room import Room, RoomKind
from domain.room_settings import RoomSettings
from domain.sites.site_settings import SiteSettings
from issuance.offers import create_offer
from issuance.planning.stages import get_room
from issuance.sites.site_rooms import create_site_room
from tests.integration.cast import HOUR, a_coupon, now
from tests.integration.site_cast import site_there

FAST = {"rate_per_s": 10_000, "burst": 10_000}


def a_draft(engine: Engine, code: str, kind: RoomKind, **changes: Any) -> Room:
    """A draft of this kind that would be open for an hour, were it published."""
    times = {"opens_at": now() - HOUR, "closes_at": now() + HOUR, **changes}
    given = {"stage": "draft", "who": "test", "now": now()}
    if kind == "site":
        site = site_there(engine, code)
        settings = {"room_settings": RoomSettings(**FAST), "settings": SiteSettings()}
        create_site_room(engine, site.code, code, title="Spring sale", **settings, **times, **given)
    else:
        ends = {"opens_at": times["opens_at"], "expire_date": times["closes_at"]}
        create_offer(engine, a_coupon(code, **ends), RoomSettings(**FAST), **given)
    return get_room(engine, code)
