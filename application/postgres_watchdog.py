"""Whether Postgres answers; while it does not, nobody is called up to the office."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

import structlog

from issuance.errors import OfficeError

log = structlog.get_logger(__name__)

# Together below a second: so long after Postgres' last answer the desk is closed at the latest.
LOOK_EVERY_S = 0.3
ANSWER_WITHIN_S = 0.5


class HasIsOpen(Protocol):
    is_open: bool


class PostgresWatchdog:
    """Opens and closes `desk`. A connection that hangs fails late or never: it is not waited for.

    ask: one call of Postgres, which raises OfficeError where it fails. On a connection of its own:
    to wait for somebody else's long statement is no sign of anything.
    """

    def __init__(self, ask: Callable[[], None], desk: HasIsOpen) -> None:
        self._ask = ask
        self._desk = desk

    async def run_once(self) -> float:
        """One look; seconds until the next. Raises OfficeError."""
        asked = asyncio.ensure_future(asyncio.to_thread(self._ask))
        answered, _ = await asyncio.wait({asked}, timeout=ANSWER_WITHIN_S)
        if not answered:
            self._desk.is_open = False
            log.warning("Postgres does not answer in time; nobody is let through until it does")
        try:
            await asked
        except OfficeError:
            self._desk.is_open = False
            raise
        self._desk.is_open = True
        return LOOK_EVERY_S
