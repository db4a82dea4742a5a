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
            lambda offer: offer.has_pages,
            fresh_s=fresh_s,
            patience_s=patience_s,
            clock=clock,
        )

    async def offers(self) -> list[Offer]:
        """The offers that everybody finds, by opening time.

        Raises OfficeAway before the first successful read.
        """
        return [offer for offer in (await self.current()).values() if offer.is_listed]

    async def edition(self) -> tuple[int, list[Offer]]:
        """The offers, and a number that changes with each read. Raises OfficeAway."""
        offers = await self.offers()
        return self._edition, offers

    async def all_offers(self) -> list[Offer]:
        """Also drafts, rehearsals and archived ones: for admins. Raises OfficeAway."""
        return list((await self.all_entries()).values())

    async def offer(self, code: str) -> Offer:
        """The offer whose pages have this code. Raises NoSuchCoupon, OfficeAway."""
        return _found(await self.entry(code))

    async def any_offer(self, code: str) -> Offer:
        """As `offer`, also a draft: for admins. Raises NoSuchCoupon, OfficeAway."""
        return _found((await self.all_entries()).get(code))

    def known_offer(self, code: str) -> Offer | None:
        """As `offer`, without waiting; None where Postgres must be asked, or has no such offer."""
        return self.known(code)


def _found(offer: Offer | None) -> Offer:
    if offer is None:
        raise NoSuchCoupon
    return offer
