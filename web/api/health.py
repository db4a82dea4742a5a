"""Health API: whether the process is alive, accepts visitors, and reaches its stores."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from functools import partial

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from issuance.errors import OfficeError
from issuance.postgres.server_state import ping_postgres
from waitroom.errors import LineError
from web.cache.single_flight import get_single_flight_cache
from web.container import WebContainer, get_container, get_office
from web.problems import documented

router = APIRouter(tags=["health"])

ANSWER_WITHIN_S = 3.0
FRESH_S = 1.0
# By this a second web command on the same port finds out whether it is of the same deployment.
DEPLOYMENT_HEADER = "X-Waitroom-Deployment"


class Ready(BaseModel):
    ready: bool
    postgres: bool
    redis: bool
    queue: bool


class TakesVisitors(BaseModel):
    takes_visitors: bool
    draining: bool
    redis: bool


@router.get("/healthz", responses=documented())
async def healthz(request: Request, response: Response) -> dict[str, bool]:
    """The process is alive."""
    if deployment := get_container(request).deployment:
        response.headers[DEPLOYMENT_HEADER] = deployment
    return {"alive": True}


@router.get(
    "/livez/line",
    response_model=TakesVisitors,
    responses={
        503: {"model": TakesVisitors, "description": "A load balancer should send no new visitors"},
        **documented(),
    },
)
async def livez_line(request: Request, response: Response) -> TakesVisitors:
    """This process is not stopping, and the line's Redis answered within the last second."""
    parts = get_container(request)
    redis = await get_single_flight_cache(request).get(
        "line", partial(_line_works, parts), fresh_s=FRESH_S
    )
    draining = parts.draining()
    if draining or not redis:
        response.status_code = 503
    return TakesVisitors(takes_visitors=redis and not draining, draining=draining, redis=redis)


@router.get(
    "/readyz",
    response_model=Ready,
    responses={
        503: {"model": Ready, "description": "Names the store that is unreachable or read-only"},
        **documented(),
    },
)
async def readyz(request: Request, response: Response) -> Ready:
    """The stores answered and accepted writes within the last second."""
    found = await get_single_flight_cache(request).get(
        "ready", partial(_check, request), fresh_s=FRESH_S
    )
    if not found.ready:
        response.status_code = 503
    return found


async def _check(request: Request) -> Ready:
    parts, office = get_container(request), get_office(request).priority
    postgres, redis, queue = await asyncio.gather(
        _works(office.run(ping_postgres, parts.engine)),
        _works(parts.line.probe.write()),
        _works(office.run(parts.queue_status)),
    )
    ready = postgres and redis and queue
    return Ready(ready=ready, postgres=postgres, redis=redis, queue=queue)


async def _line_works(parts: WebContainer) -> bool:
    return await _works(parts.line.probe.write())


async def _works(asked: Awaitable[object]) -> bool:
    try:
        # With a timeout, as a hung connection would never fail.
        await asyncio.wait_for(asked, ANSWER_WITHIN_S)
    except (OfficeError, LineError, TimeoutError):
        return False
    return True
