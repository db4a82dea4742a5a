"""What an admin changes about an offer is written down, and put in force everywhere."""

from __future__ import annotations

import structlog
from fastapi import Request

from application.apply_settings import settle
from issuance import offers
from issuance.offers import Offer
from waitroom.errors import LineError
from web.container import catalogue_of, office_of, parts_of

log = structlog.get_logger(__name__)


async def change_offer(
    request: Request, code: str, alter: offers.Alter, *, who: str, what: str
) -> Offer:
    """Change it under its coupon's lock, and put that in force.

    Raises NoSuchCoupon, OfficeAway, and whatever `alter` and the catalogue's rules raise.
    """
    parts = parts_of(request)
    changed = await office_of(request).ask(
        offers.change, parts.engine, code, alter, who=who, what=what, now=parts.now()
    )
    await put_in_force(request, changed)
    return changed


async def put_in_force(request: Request, offer: Offer) -> None:
    """Tell this process and the line of what Postgres has."""
    catalogue_of(request).forget()
    try:
        await settle(parts_of(request).line, offer)
    except LineError:
        # Postgres has it; the admitter tells the line again every second.
        log.warning("the line could not be told of a change", room=offer.coupon.code)
