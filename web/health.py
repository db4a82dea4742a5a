"""Health: whether the process lives, and whether the stores do what it needs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from issuance.connections import check
from issuance.errors import OfficeError
from waitroom.errors import LineError
from web.parts import Office, WebParts

router = APIRouter(tags=["health"])

ANSWER_WITHIN_S = 3.0
FRESH_S = 1.0


class Ready(BaseModel):
    ready: bool
    postgres: bool
    redis: bool
    queue: bool


class Readiness:
    """One reading at a time, at most FRESH_S old: asking for it often costs the stores nothing."""

    def __init__(
        self, parts: WebParts, office: Office, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._parts = parts
        self._office = office
        self._clock = clock
        self._reading = asyncio.Lock()
        self._read: Ready | None = None
        self._read_at = 0.0

    async def read(self) -> Ready:
        """Which stores answer, and take writes."""
        async with self._reading:
            if self._read is None or self._clock() - self._read_at >= FRESH_S:
                self._read = await self._look()
                self._read_at = self._clock()
        return self._read

    async def _look(self) -> Ready:
        postgres, redis, queue = await asyncio.gather(
            _works(self._office.ask(check, self._parts.engine)),
            _works(self._parts.line.probe.write()),
            _works(self._office.ask(self._parts.crew)),
        )
        ready = postgres and redis and queue
        return Ready(ready=ready, postgres=postgres, redis=redis, queue=queue)


@router.get("/healthz")
async def healthz() -> dict[str, bool]:
    """The process lives."""
    return {"alive": True}


@router.get(
    "/readyz",
    response_model=Ready,
    responses={503: {"model": Ready, "description": "Says which store does not do what is needed"}},
)
async def readyz(request: Request, response: Response) -> Ready:
    """The stores answer and take writes, as of the last second."""
    readiness: Readiness = request.app.state.readiness
    found = await readiness.read()
    if not found.ready:
        response.status_code = 503
    return found


async def _works(asked: Awaitable[object]) -> bool:
    try:
        # A connection that hangs would never fail, and whoever asks here is to be told.
        await asyncio.wait_for(asked, ANSWER_WITHIN_S)
    except (OfficeError, LineError, TimeoutError):
        return False
    return True
