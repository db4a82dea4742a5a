"""Store checks: at the start of a process, log a warning for each store that it can't rely on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

import structlog

from issuance.errors import OfficeError
from issuance.postgres.engine import Engine
from issuance.postgres.server_state import ping_postgres
from issuance.queue.redis_connection import QueueRedis, may_evict, probe_queue_redis
from waitroom.errors import LineError
from waitroom.line import Line

log = structlog.get_logger(__name__)

SLOW_AFTER_S = 5.0


async def log_store_faults(line: Line, queue_redis: QueueRedis, engine: Engine) -> None:
    """Log a warning for each store that does not answer, takes no writes, or may evict keys, and
    for a line whose Redis has fewer replicas than entering waits for.

    Names the cause, never a password. Raises nothing: the process retries by itself.
    """
    await asyncio.gather(
        _log_fault("Postgres", asyncio.to_thread(ping_postgres, engine, within_s=SLOW_AFTER_S)),
        _log_fault("the line's Redis", _check_line(line)),
        _log_fault("the queue's Redis", asyncio.to_thread(_check_queue, queue_redis)),
    )


async def _log_missing_replicas(line: Line) -> None:
    """Where entering waits for replicas. Members enter without them too."""
    required = line.replication.replicas if line.replication else 0
    connected = await line.probe.count_replicas() if required else None
    if connected is not None and connected < required:
        log.warning(
            "the line's Redis has fewer replicas than LINE_REPLICAS: a failover may lose places",
            required=required,
            connected=connected,
        )


async def _log_fault(store: str, check: Awaitable[str | None]) -> None:
    try:
        policy = await check
    except (OfficeError, LineError) as error:
        log.warning("a store is unavailable or takes no writes", store=store, cause=str(error))
    except Exception:
        log.exception("a store could not be checked", store=store)
    else:
        if policy:
            log.warning(
                "a store may evict keys: set maxmemory-policy to noeviction",
                store=store,
                maxmemory_policy=policy,
            )


async def _check_line(line: Line) -> str:
    await line.probe.write()
    await _log_missing_replicas(line)
    return await line.probe.eviction_policy()


def _check_queue(redis: QueueRedis) -> str:
    probe_queue_redis(redis)
    return may_evict(redis)
