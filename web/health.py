"""Health: whether the process lives, and whether the stores do what it needs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from functools import partial

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from issuance.connections import check
from issuance.errors import OfficeError
from waitroom.errors import LineError
from web.parts import office_of, parts_of
from web.problems import documented
from web.shared_readings import readings_of

router = APIRouter(tags=["health"])

ANSWER_WITHIN_S = 3.0
FRESH_S = 1.0
# Tells a second web command on the same port whether this one is of the same deployment.
DEPLOYMENT_HEADER = "X-Waitroom-Deployment"


class Ready(BaseModel):
    ready: bool
    postgres: bool
    redis: bool
    queue: bool


@router.get("/healthz", responses=documented())
async def healthz(request: Request, response: Response) -> dict[str, bool]:
    """The process lives."""
    if deployment := parts_of(request).deployment:
        response.headers[DEPLOYMENT_HEADER] = deployment
    return {"alive": True}


@router.get(
    "/readyz",
    response_model=Ready,
    responses={
        503: {"model": Ready, "description": "Says which store does not do what is needed"},
        **documented(),
    },
)
async def readyz(request: Request, response: Response) -> Ready:
    """The stores answer and take writes, as of the last second."""
    found = await readings_of(request).get("ready", partial(_look, request), fresh_s=FRESH_S)
    if not found.ready:
        response.status_code = 503
    return found


async def _look(request: Request) -> Ready:
    parts, office = parts_of(request), office_of(request).ahead
    postgres, redis, queue = await asyncio.gather(
        _works(office.ask(check, parts.engine)),
        _works(parts.line.probe.write()),
        _works(office.ask(parts.crew)),
    )
    ready = postgres and redis and queue
    return Ready(ready=ready, postgres=postgres, redis=redis, queue=queue)


async def _works(asked: Awaitable[object]) -> bool:
    try:
        # A connection that hangs would never fail, and whoever asks here is to be told.
        await asyncio.wait_for(asked, ANSWER_WITHIN_S)
    except (OfficeError, LineError, TimeoutError):
        return False
    return True
