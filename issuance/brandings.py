"""Brandings: stores the branding of each room, and audits every change."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, select
from sqlalchemy.dialects.postgresql import insert

from domain.branding import BRANDING_TEXTS, Branding, Logo
from issuance.audit import record
from issuance.errors import NoSuchCoupon, translate_postgres_errors
from issuance.offers import Offer, find_offer
from issuance.tables import brandings, coupons


def change_branding(
    engine: Engine, code: str, changes: dict[str, str], *, who: str, now: datetime
) -> Offer:
    """Change these of BRANDING_TEXTS; an empty value restores the site's default.

    Raises NoSuchCoupon also for a coupon without a room; ValueError, OfficeAway.
    """
    with translate_postgres_errors(), engine.begin() as tx:
        offer = find_offer(tx, code, lock=True)
        after = Branding(**{**asdict(offer.branding), **changes})
        values = {name: getattr(after, name) for name in BRANDING_TEXTS}
        return _write(tx, offer, values, who, now)


def change_logo(engine: Engine, code: str, logo: Logo | None, *, who: str, now: datetime) -> Offer:
    """Replace the logo; None removes it. Raises NoSuchCoupon, OfficeAway as change_branding."""
    with translate_postgres_errors(), engine.begin() as tx:
        offer = find_offer(tx, code, lock=True)
        values = {
            "logo": logo.picture if logo else None,
            "logo_sha256": logo.sha256 if logo else "",
        }
        return _write(tx, offer, values, who, now)


def find_logo(engine: Engine, code: str) -> Logo | None:
    """The room's logo; None if it has none. Raises OfficeAway."""
    query = select(brandings.c.logo).join(coupons, coupons.c.room_id == brandings.c.room_id)
    with translate_postgres_errors(), engine.begin() as tx:
        picture = tx.execute(query.where(coupons.c.code == code)).scalar_one_or_none()
    return Logo(picture) if picture is not None else None


def _write(tx: Connection, before: Offer, values: dict[str, Any], who: str, now: datetime) -> Offer:
    if before.room is None:
        raise NoSuchCoupon
    statement = insert(brandings).values(room_id=before.room.id, **values)
    key = [brandings.c.room_id]
    tx.execute(statement.on_conflict_do_update(index_elements=key, set_=values))
    after = find_offer(tx, before.coupon.code)
    if after.branding != before.branding:
        old, new = asdict(before.branding), asdict(after.branding)
        record(tx, who, "branding changed", before.coupon.code, old, new, now)
    return after
