"""Openings: a room opens once its lobby is as the test needs it, however long that takes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import Engine

from application.apply_settings import apply_settings
from domain.room import Room
from issuance import offers
from issuance.offers import Offer
from tests.integration.cast import now
from waitroom.line import Line

# Within the lobby, and later than any test needs.
LATER = timedelta(minutes=10)


async def open_room(line: Line, room: Room) -> Room:
    """Open a room that only the line knows."""
    opened = replace(room, version=room.version + 1, opens_at=now())
    await line.apply_settings(opened)
    return opened


def open_in_postgres(engine: Engine, code: str) -> Offer:
    """Open the coupon's room; the line learns it with the settings that are applied next."""

    def alter(offer: Offer) -> tuple:
        return offer.coupon.change(opens_at=now()), offer.settings

    return offers.change_offer(engine, code, alter, who="test", what="coupon changed", now=now())


async def open_offer(line: Line, engine: Engine, code: str) -> Offer:
    """Open the coupon's room in both stores."""
    opened = open_in_postgres(engine, code)
    await apply_settings(line, opened)
    return opened
