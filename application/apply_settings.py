"""Applies an offer's room settings from Postgres to the line."""

from __future__ import annotations

from issuance.offers import Offer
from waitroom.line import Line


async def apply_settings(line: Line, offer: Offer) -> None:
    """Apply the settings of this offer's room, if it has one. Raises LineAway."""
    if offer.room is None:
        return
    await line.apply_settings(offer.room)
