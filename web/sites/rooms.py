"""The rooms of sites, as each web process knows them."""

from __future__ import annotations

from fastapi import Request

from domain.sites.site_room import SiteRoom
from waitroom.errors import NoSuchRoom
from web.container import get_offer_cache, get_site_rooms


async def find_site_room(request: Request, code: str) -> SiteRoom | None:
    """The site's room with this code; None where the code is a coupon's, or nobody's.

    Its pages then say so where there are no coupons. Raises OfficeAway where Postgres must be
    asked and can't be.
    """
    rooms = get_site_rooms(request)
    # While Postgres hangs, nobody waits for it to learn that a coupon's room is no site's.
    is_coupons = get_offer_cache(request).was_known(code)
    found = (await rooms.current()).get(code) if is_coupons else await rooms.entry(code)
    request.state.site_room = found
    return found


def get_known_site_room(request: Request) -> SiteRoom | None:
    """The room that `find_site_room` has found for this request; None without one."""
    found: SiteRoom | None = getattr(request.state, "site_room", None)
    return found


async def get_site_room(request: Request, code: str) -> SiteRoom:
    """As `find_site_room`. Raises also NoSuchRoom where the code is no site's room."""
    found = await find_site_room(request, code)
    if found is None:
        raise NoSuchRoom
    return found
