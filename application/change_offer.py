"""Changes an offer in Postgres, then in the line and in this process's cache of offers."""

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
    """office: the pool that the admin's calls of Postgres wait in. now: Postgres' clock."""

    office: Office
    engine: Engine
    line: Line
    cache: OfferCache
    now: Callable[[], datetime]

    async def change(self, code: str, alter: offers.Alter, *, who: str, what: str) -> Offer:
        """Change it under its coupon's lock, and apply that.

        Raises NoSuchCoupon, OfficeAway, and whatever `alter` and the rules of offers raise.
        """
        changed = await self.office.run(
            offers.change_offer, self.engine, code, alter, who=who, what=what, now=self.now()
        )
        await self.apply(changed)
        return changed

    async def apply(self, offer: Offer) -> None:
        """Bring what Postgres has to this process and to the line."""
        self.cache.forget()
        try:
            await apply_settings(self.line, offer)
        except LineError:
            # Postgres has it; the admitter tells the line again every second.
            log.warning("the line could not be told of a change", room=offer.coupon.code)
