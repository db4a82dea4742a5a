"""OfferCache: the offers, read from Postgres at most once a second."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence

from application.listing_cache import FRESH_S, PATIENCE_S, ListingCache
from issuance.errors import NoSuchCoupon
from issuance.offers import Offer


class OfferCache(ListingCache[Offer]):
    """Offers at most `fresh_s` old; as ListingCache."""

    def __init__(
        self,
        read: Callable[[], Awaitable[Sequence[Offer]]],
        *,
        fresh_s: float = FRESH_S,
        patience_s: float = PATIENCE_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(
            read,
            lambda offer: offer.coupon.code,
            fresh_s=fresh_s,
            patience_s=patience_s,
            clock=clock,
        )

    async def offers(self) -> list[Offer]:
        """All offers by opening time. Raises OfficeAway before the first successful read."""
        return list((await self.current()).values())

    async def edition(self) -> tuple[int, list[Offer]]:
        """The offers, and a number that changes with each read. Raises OfficeAway."""
        offers = await self.offers()
        return self._edition, offers

    async def offer(self, code: str) -> Offer:
        """Raises NoSuchCoupon, OfficeAway."""
        found = (await self.current()).get(code)
        if found is None:
            raise NoSuchCoupon
        return found

    def known_offer(self, code: str) -> Offer | None:
        """As `offer`, without waiting; None where Postgres must be asked, or has no such offer."""
        return self.known(code)
