"""Applies an offer's room settings from Postgres to the line."""

from __future__ import annotations

from issuance.offers import Offer
from waitroom.line import Line
from waitroom.room import Room


async def apply_settings(line: Line, offer: Offer) -> None:
    """Apply the settings of this offer's room, if it has one. Raises LineAway."""
    if offer.room is None:
        return
    coupon = offer.coupon
    await line.apply_settings(
        Room(
            code=coupon.code,
            settings=offer.room,
            opens_at=coupon.opens_at,
            closes_at=coupon.expire_date,
            total_count=coupon.inventory.total_count,
            used_count=coupon.inventory.used_count,
            version=offer.version,
            seed=offer.seed,
            is_drawn=offer.drawn is not None,
            watermark=offer.watermark,
        )
    )
