"""Watermarks: stores each line's progress in Postgres."""

from __future__ import annotations

from dataclasses import asdict
from uuid import UUID

from sqlalchemy import Engine
from sqlalchemy.dialects.postgresql import insert

from domain.watermark import Watermark
from issuance.errors import translate_postgres_errors
from issuance.tables import watermarks


def save_watermark(engine: Engine, room_id: UUID, watermark: Watermark) -> None:
    """Upsert the watermark unless a later one is stored. Raises OfficeAway."""
    values = asdict(watermark)
    kept = insert(watermarks).values(room_id=room_id, **values)
    # Two admitters may save out of order: an earlier watermark must not overwrite a later one.
    later = watermarks.c.taken_at_us < watermark.taken_at_us
    with translate_postgres_errors(), engine.begin() as tx:
        tx.execute(
            kept.on_conflict_do_update(
                index_elements=[watermarks.c.room_id], set_=values, where=later
            )
        )
