"""Health: whether the process lives, and whether what it needs answers."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from issuance.connections import check
from issuance.errors import OfficeError
from waitroom.errors import LineError
from web.parts import office_of, parts_of

router = APIRouter(tags=["health"])

ANSWER_WITHIN_S = 3.0


class Ready(BaseModel):
    ready: bool
    postgres: bool
    redis: bool


@router.get("/healthz")
async def healthz() -> dict[str, bool]:
    """The process lives."""
    return {"alive": True}


@router.get(
    "/readyz",
    response_model=Ready,
    responses={503: {"model": Ready, "description": "Says what does not answer"}},
)
async def readyz(request: Request, response: Response) -> Ready:
    """What the process needs answers."""
    postgres, redis = await asyncio.gather(_postgres(request), _redis(request))
    if not (postgres and redis):
        response.status_code = 503
    return Ready(ready=postgres and redis, postgres=postgres, redis=redis)


async def _postgres(request: Request) -> bool:
    try:
        asked = office_of(request).ask(check, parts_of(request).engine)
        # A connection that hangs would never fail, and whoever asks here is to be told.
        await asyncio.wait_for(asked, ANSWER_WITHIN_S)
    except (OfficeError, TimeoutError):
        return False
    return True


async def _redis(request: Request) -> bool:
    try:
        await parts_of(request).line.ping()
    except LineError:
        return False
    return True
