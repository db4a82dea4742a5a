"""Clock: reads and measures Postgres' clock."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from sqlalchemy import Engine, func, select

from domain.stores.remote_clock import RemoteClock
from domain.unix_time import EPOCH
from issuance.errors import translate_postgres_errors

_NOW = select(func.clock_timestamp())


def read_clock(engine: Engine) -> datetime:
    """Postgres' time. Raises OfficeAway."""
    with translate_postgres_errors(), engine.connect() as tx:
        return cast(datetime, tx.execute(_NOW).scalar_one())


def measure_clock(engine: Engine, clock: RemoteClock) -> None:
    """Read Postgres' time into `clock`. Raises OfficeAway."""
    with translate_postgres_errors(), engine.connect() as tx:
        asked_at_s = clock.monotonic()
        read_at = tx.execute(_NOW).scalar_one()
        clock.observe((read_at - EPOCH).total_seconds(), asked_at_s)
