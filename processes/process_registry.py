"""Publishes a web process to those of all hosts, and shares its limits among them."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from fastapi import FastAPI

from waitroom.errors import LineError
from waitroom.line import Line

REMOVED_WITHIN_S = 0.5


async def publish_web(app: FastAPI, line: Line, connections: int) -> float:
    """Publish this process and share its limits. Returns the seconds to the next time.

    connections: to Postgres, of this process. Raises LineAway.
    """
    rest_s = await line.process_registry.publish("web", connections)
    app.state.rate_limit.share_among(line.process_registry.count("web"))
    return rest_s


async def remove_web(line: Line) -> None:
    """Remove this process as it ends: otherwise the others count it until they forget it."""
    with suppress(LineError, TimeoutError):
        async with asyncio.timeout(REMOVED_WITHIN_S):
            await line.process_registry.remove("web")
