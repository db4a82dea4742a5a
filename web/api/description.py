"""/openapi.json: the interface, described completely; written and compressed once a process."""

from __future__ import annotations

import json
from functools import partial

from fastapi import APIRouter, FastAPI, Request, Response

from web.cache.compressed import CompressedBody
from web.cache.single_flight import get_single_flight_cache

router = APIRouter(include_in_schema=False)


@router.get("/openapi.json")
async def openapi(request: Request) -> Response:
    """Some 20 ms of work, done for the first who asks."""
    make = partial(CompressedBody.compress, partial(described, request.app), "application/json")
    made = await get_single_flight_cache(request).get("openapi", make)
    return await made.answer(request, {})


def described(app: FastAPI) -> str:
    return json.dumps(app.openapi(), ensure_ascii=False, separators=(",", ":"))
