"""/openapi.json, generated and compressed once per process."""

from __future__ import annotations

import json
from functools import partial

from fastapi import APIRouter, FastAPI, Request, Response

from web.cache.compressed import CompressedBody
from web.cache.single_flight import get_single_flight_cache

router = APIRouter(include_in_schema=False)


@router.get("/openapi.json")
async def openapi(request: Request) -> Response:
    """The OpenAPI document; the first request generates it, which takes some 20 ms."""
    make = partial(CompressedBody.compress, partial(openapi_json, request.app), "application/json")
    made = await get_single_flight_cache(request).get("openapi", make)
    return await made.answer(request, {})


def openapi_json(app: FastAPI) -> str:
    return json.dumps(app.openapi(), ensure_ascii=False, separators=(",", ":"))
