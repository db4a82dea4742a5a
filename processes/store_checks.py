"""Store checks: what a process logs at its start of stores that do not do what it needs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

import structlog

from issuance.errors import OfficeError
from issuance.postgres.connection_stats import ping_postgres
from issuance.postgres.engine import Engine
from issuance.queue.redis_connection import QueueRedis, may_evict, probe_queue_redis
from waitroom.errors import LineError
from waitroom.line import Line

log = structlog.get_logger(__name__)

SLOW_AFTER_S = 5.0


async def log_store_faults(line: Line, conveyor: QueueRedis, engine: Engine) -> None:
    """A warning for each store that does not answer, takes no writes, or may lose what it has.

    Names the cause, never a password. Raises nothing: the process goes on trying by itself.
    """
    await asyncio.gather(
        _log_fault("Postgres", asyncio.to_thread(ping_postgres, engine, within_s=SLOW_AFTER_S)),
        _log_fault("the line's Redis", _check_line(line)),
        _log_fault("the queue's Redis", asyncio.to_thread(_check_queue, conveyor)),
    )


async def _log_fault(store: str, asked: Awaitable[str | None]) -> None:
    try:
        policy = await asked
    except (OfficeError, LineError) as error:
        log.warning("a store does not do what is needed", store=store, cause=str(error))
    except Exception:
        log.exception("a store could not be checked", store=store)
    else:
        if policy:
            log.warning(
                "a store may lose what it was told: set maxmemory-policy to noeviction",
                store=store,
                maxmemory_policy=policy,
            )


async def _check_line(line: Line) -> str:
    await line.probe.write()
    return await line.probe.eviction_policy()


def _check_queue(conveyor: QueueRedis) -> str:
    probe_queue_redis(conveyor)
    return may_evict(conveyor)
