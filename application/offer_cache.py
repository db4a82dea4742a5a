"""OfferCache: the offers, read from Postgres at most once a second."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

import structlog

from issuance.errors import NoSuchCoupon, OfficeAway
from issuance.offers import Offer

log = structlog.get_logger(__name__)

FRESH_S = 1.0


class OfferCache:
    """Offers at most `fresh_s` old; while Postgres is unreachable, the last ones that were read.

    Reads once at a time; concurrent callers share the result.
    """

    def __init__(
        self,
        read: Callable[[], Awaitable[Sequence[Offer]]],
        *,
        fresh_s: float = FRESH_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._read = read
        self._fresh_s = fresh_s
        self._clock = clock
        self._offers: dict[str, Offer] | None = None
        self._read_at = float("-inf")
        self._changes = 0
        self._edition = 0
        self._reading = asyncio.Lock()

    async def offers(self) -> list[Offer]:
        """All offers by opening time. Raises OfficeAway before the first successful read."""
        return list((await self._current()).values())

    async def edition(self) -> tuple[int, list[Offer]]:
        """The offers, and a number that changes with each read. Raises OfficeAway."""
        offers = await self.offers()
        return self._edition, offers

    async def offer(self, code: str) -> Offer:
        """Raises NoSuchCoupon, OfficeAway."""
        found = (await self._current()).get(code)
        if found is None:
            raise NoSuchCoupon
        return found

    def known_offer(self, code: str) -> Offer | None:
        """As `offer`, without waiting; None where Postgres must be asked, or has no such offer."""
        return self._offers.get(code) if self._offers is not None and self._is_fresh() else None

    def forget(self) -> None:
        """Read again at the next call, as this process has changed an offer."""
        self._changes += 1
        self._read_at = float("-inf")

    async def _current(self) -> dict[str, Offer]:
        if self._offers is not None and self._is_fresh():
            return self._offers
        async with self._reading:
            if self._offers is None or not self._is_fresh():
                await self._refresh()
        assert self._offers is not None
        return self._offers

    async def _refresh(self) -> None:
        asked_at, changes = self._clock(), self._changes
        try:
            offers = await self._read()
        except OfficeAway:
            if self._offers is None:
                raise
            log.warning("Postgres unreachable: serving the offers read last")
        else:
            self._offers = {offer.coupon.code: offer for offer in offers}
            self._edition += 1
        # A change during the read may be missing from its result.
        if changes == self._changes:
            self._read_at = asked_at

    def _is_fresh(self) -> bool:
        return self._clock() - self._read_at < self._fresh_s
