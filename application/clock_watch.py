"""Makes the ClockWatch of a process that uses both stores."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from application.reconcile import RunCall
from domain.stores.remote_clock import RemoteClock
from issuance.errors import OfficeError
from issuance.postgres.clock import measure_clock
from issuance.postgres.engine import Engine
from waitroom.clock_skews import ClockWatch
from waitroom.line import Line

ANSWER_WITHIN_S = 2.0


def watch_clocks(
    process: str, line: Line, office_clock: RemoteClock, ask: RunCall, engine: Engine
) -> ClockWatch:
    """process: its kind. ask: runs a sync call of Postgres in a thread.

    While Postgres is unreachable, `office_clock` continues from its last measurement.
    """

    async def measure() -> None:
        try:
            await line.measure_clock()
        finally:
            with suppress(OfficeError, TimeoutError):
                await asyncio.wait_for(ask(measure_clock, engine, office_clock), ANSWER_WITHIN_S)

    clocks = {"redis": line.clock, "postgres": office_clock}
    return ClockWatch(line.clock_skews, process, clocks, measure)
