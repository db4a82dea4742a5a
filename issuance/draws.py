"""Draws: stores the order of a lobby in Postgres before the line admits anybody from it."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Engine, select, update
from sqlalchemy.dialects.postgresql import insert

from domain.draw_record import DrawRecord
from issuance.audit import record
from issuance.errors import translate_postgres_errors
from issuance.offers import Offer, find_offer
from issuance.tables import coupons, draws, rooms

WHO = "draw"


def save_draw(engine: Engine, code: str, members: Sequence[str], drawn_at: datetime) -> Offer:
    """Store the members in the order drawn, once: a second call changes nothing.

    drawn_at: when the lobby closed, by the line's clock. Returns the offer, whose `drawn` is set.
    Raises NoSuchCoupon, OfficeAway.
    """
    with translate_postgres_errors(), engine.begin() as tx:
        offer = find_offer(tx, code, lock=True)
        if offer.drawn is not None:
            return offer
        drawn = _to_record(offer, members)
        tx.execute(
            insert(draws).values(
                coupon_id=offer.coupon.id,
                drawn_at=drawn_at,
                entrants_count=len(members),
                entrants_sha256=drawn.entrants_sha256,
                entrants=gzip.compress("\n".join(members).encode(), compresslevel=6),
            )
        )
        # A process that read the room earlier must not overwrite the line's settings as undrawn.
        later = update(rooms).where(rooms.c.coupon_id == offer.coupon.id)
        tx.execute(later.values(version=rooms.c.version + 1))
        shown = {
            "commitment": drawn.commitment,
            "seed": drawn.seed.hex(),
            "entrants_count": len(members),
            "entrants_sha256": drawn.entrants_sha256,
        }
        record(tx, WHO, "lobby drawn", code, None, shown, drawn_at)
        return find_offer(tx, code)


def find_draw(engine: Engine, code: str) -> DrawRecord | None:
    """The draw with its members; None before the draw. Raises NoSuchCoupon, OfficeAway."""
    with translate_postgres_errors(), engine.begin() as tx:
        offer = find_offer(tx, code)
        query = select(draws.c.entrants).join(coupons, coupons.c.id == draws.c.coupon_id)
        entrants = tx.execute(query.where(coupons.c.code == code)).scalar_one_or_none()
    if entrants is None:
        return None
    text = gzip.decompress(entrants).decode()
    return _to_record(offer, text.split("\n") if text else [])


def _to_record(offer: Offer, members: Sequence[str]) -> DrawRecord:
    return DrawRecord.from_members(
        offer.coupon.code, offer.coupon.opens_at.isoformat(), offer.seed, members
    )
