"""/metrics: all metrics, for Prometheus.

It also answers while a store is unreachable, and leaves out what it can't read.
"""

from __future__ import annotations

import asyncio
import hmac
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from application.office import none_if_unavailable
from issuance.postgres.connection_stats import ConnectionCounts, count_connections
from issuance.queue.job_queue import QueueStatus
from waitroom.clock_skews import Skews
from waitroom.errors import LineError, NoSuchRoom
from web.auth.member_tokens import Forbidden, NotSignedIn
from web.cache.compressed import CompressedBody
from web.cache.single_flight import get_single_flight_cache
from web.container import get_container, get_http_counters, get_office
from web.metrics.clocks import ClockMetrics
from web.metrics.http import HttpMetrics
from web.metrics.office import OfficeMetrics, OfficeSnapshot
from web.metrics.rooms import RoomMetrics, Rooms
from web.metrics.unacknowledged import UnacknowledgedMetrics
from web.problems import documented

router = APIRouter(tags=["health"])

FRESH_S = 1.0

_token = HTTPBearer(auto_error=False, scheme_name="metricsToken")


async def may_read(
    request: Request, bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_token)]
) -> None:
    """Require METRICS_TOKEN where it is set. Raises NotSignedIn, Forbidden."""
    expected = get_container(request).metrics_token
    if not expected:
        return
    if bearer is None:
        raise NotSignedIn
    if not hmac.compare_digest(bearer.credentials.encode(), expected.encode()):
        raise Forbidden


@router.get(
    "/metrics",
    response_class=Response,
    responses=documented("not_signed_in", "forbidden"),
    dependencies=[Depends(may_read)],
)
async def metrics(request: Request) -> Response:
    """Metrics of rooms and stores, and of this web command's requests and streams.

    At most a second old.
    """
    made = await get_single_flight_cache(request).get(
        "metrics", partial(_read, request), fresh_s=FRESH_S
    )
    return await made.answer(request, {"Cache-Control": "no-store"})


async def _read(request: Request) -> CompressedBody:
    rooms, seen, of_line, skews = await asyncio.gather(
        _rooms(request), _office(request), _line_metrics(request), _clock_skews(request)
    )
    parts = get_container(request)
    registry = CollectorRegistry()
    registry.register(RoomMetrics(rooms or {}))
    is_up = rooms is not None and of_line is not None
    loop_errors, policy = of_line or ({}, "")
    office = OfficeSnapshot(is_up, *seen, parts.db_connections_max, loop_errors, policy)
    registry.register(OfficeMetrics(office))
    registry.register(ClockMetrics(skews))
    registry.register(UnacknowledgedMetrics(parts.line.replication))
    total = get_http_counters(request).total()
    registry.register(HttpMetrics(total, parts.limits.live_streams_max))
    return await CompressedBody.compress(partial(generate_latest, registry), CONTENT_TYPE_LATEST)


async def _rooms(request: Request) -> Rooms | None:
    """All served rooms; None while the line's Redis is unreachable."""
    line = get_container(request).line
    rooms = {}
    try:
        for code in await line.codes():
            try:
                rooms[code] = await line.metrics.read_room(code)
            except NoSuchRoom:
                continue
    except LineError:
        return None
    return rooms


async def _line_metrics(request: Request) -> tuple[dict[str, int], str] | None:
    """Loop errors and Redis' eviction policy; None while the line's Redis accepts no writes."""
    line = get_container(request).line
    try:
        await line.probe.write()
        return await line.loop_errors.counts(), await line.probe.eviction_policy()
    except LineError:
        return None


async def _clock_skews(request: Request) -> Skews:
    try:
        return await get_container(request).line.clock_skews.worst()
    except LineError:
        return {}


async def _office(request: Request) -> tuple[ConnectionCounts | None, QueueStatus | None]:
    parts, office = get_container(request), get_office(request).priority
    held = none_if_unavailable(office.run(count_connections, parts.engine))
    queue = none_if_unavailable(office.run(parts.queue_status))
    return await asyncio.gather(held, queue)
