"""PostgresWatchdog: pauses admission while Postgres is away, hangs, or lacks what was issued."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

import structlog

from application.failover_repair import FailoverRepair
from issuance.errors import OfficeError
from waitroom.errors import LineError

log = structlog.get_logger(__name__)

# Together below a second: admission pauses within this time of Postgres' last answer.
LOOK_EVERY_S = 0.3
ANSWER_WITHIN_S = 0.5


class HasIsOpen(Protocol):
    is_open: bool


class PostgresWatchdog:
    """Opens and closes `destination`. Closes it at a timeout: a hung connection may never fail.

    ask: one call of Postgres, which raises OfficeError where it fails and returns the server's
    history (`issuance.postgres.server_state`). It needs a connection of its own: waiting behind
    another long statement would look like an outage. repair: runs before admission opens on
    another history.
    """

    def __init__(
        self, ask: Callable[[], str], destination: HasIsOpen, repair: FailoverRepair
    ) -> None:
        self._ask = ask
        self._destination = destination
        self._repair = repair

    async def run_once(self) -> float:
        """Ask Postgres once; returns the seconds to the next run. Raises OfficeError, LineError."""
        asked = asyncio.ensure_future(asyncio.to_thread(self._ask))
        answered, _ = await asyncio.wait({asked}, timeout=ANSWER_WITHIN_S)
        if not answered:
            self._destination.is_open = False
            log.warning("Postgres does not answer in time: admission paused")
        try:
            history = await asked
            if not self._repair.is_done(history):
                self._destination.is_open = False
                if not await self._repair.run(history):
                    return LOOK_EVERY_S
        except (OfficeError, LineError):
            self._destination.is_open = False
            raise
        self._destination.is_open = True
        return LOOK_EVERY_S
