"""Loops: repeat a process' work until it stops; no error ends a loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

import structlog

from application.each_room import is_unavailable
from issuance.errors import OfficeError
from waitroom.errors import LineError
from waitroom.stats.loop_errors import LoopErrors

log = structlog.get_logger(__name__)

TROUBLE_REST_S = 0.5
# Different errors logged until the next success: a message may differ each time.
LOGGED_MAX = 10


def start_loops(
    works: Mapping[str, Callable[[], Awaitable[float]]], errors: LoopErrors
) -> list[asyncio.Task[None]]:
    """Run each work, by its loop's name, until its task is cancelled."""
    return [
        asyncio.create_task(run_loop(name, work, asyncio.Event(), errors))
        for name, work in works.items()
    ]


async def run_loop(
    name: str,
    work: Callable[[], Awaitable[float]],
    stop: asyncio.Event,
    errors: LoopErrors,
) -> None:
    """Call `work` and sleep for the seconds that it returns, until `stop` is set.

    Each different error is logged once until the next success. Unexpected errors, other than
    unavailable stores, are counted in `errors`.
    """
    logged: set[str] = set()
    while not stop.is_set():
        try:
            rest_s = await work()
        except Exception as error:
            rest_s = TROUBLE_REST_S
            if not is_unavailable(error):
                errors.note(name)
            text = f"{type(error).__name__}: {error}"
            if text not in logged and len(logged) < LOGGED_MAX:
                _log(name, error)
                logged.add(text)
        else:
            if logged:
                log.info("recovered", loop=name)
            logged.clear()
        with suppress(LineError):
            await errors.publish()
        if rest_s > 0:
            await _rest(stop, rest_s)


def _log(name: str, error: Exception) -> None:
    if isinstance(error, (LineError, OfficeError)):
        part, cause = type(error).__name__, str(error) or type(error).__doc__
        log.warning("a store is unavailable; trying again", loop=name, part=part, cause=cause)
    else:
        log.error("error in a loop; trying again", loop=name, exc_info=error)


async def _rest(stop: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
