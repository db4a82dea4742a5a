"""Changes an offer in Postgres, then in the line and in this process' cache of offers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from application.apply_settings import apply_settings
from application.offer_cache import OfferCache
from application.office import Office
from issuance import offers
from issuance.offers import Offer
from issuance.postgres.engine import Engine
from waitroom.errors import LineError
from waitroom.line import Line

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class OfferChanges:
    """office: runs the admin's calls of Postgres. now: Postgres' clock."""

    office: Office
    engine: Engine
    line: Line
    cache: OfferCache
    now: Callable[[], datetime]

    async def change(self, code: str, alter: offers.Alter, *, who: str, what: str) -> Offer:
        """Change the offer under its coupon's lock, and apply the result.

        Raises NoSuchCoupon, OfficeAway, and the errors of `alter` and of the rules of offers.
        """
        changed = await self.office.run(
            offers.change_offer, self.engine, code, alter, who=who, what=what, now=self.now()
        )
        await self.apply(changed)
        return changed

    async def apply(self, offer: Offer) -> None:
        """Apply the offer to the line, and drop this process' cached offers."""
        self.cache.forget()
        try:
            await apply_settings(self.line, offer)
        except LineError:
            # The change is in Postgres; the admitter retries to apply it every second.
            log.warning("line unreachable: settings not applied yet", room=offer.coupon.code)
