"""Connects to the queue's Redis, which transports jobs and is never the source of truth."""

from __future__ import annotations

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError
from redis.retry import Retry

from domain.stores.redis_eviction import eviction_policy
from issuance.errors import OfficeAway, queue_cause
from topology.sync_redis import open_sync_redis

QueueRedis = Redis
PROBE_KEY, PROBE_KEPT_S = "waitroom:queue:probe", 60


def open_queue_redis(url: str, *, timeout_s: float) -> QueueRedis:
    """A connection whose replies must come within `timeout_s`.

    Without retries (redis-py would retry ten times, for up to a minute): an enqueue without a reply
    may have succeeded. The admitter enqueues members without an outcome again.
    """
    return open_sync_redis(
        url, socket_timeout=timeout_s, socket_connect_timeout=5, retry=Retry(NoBackoff(), 0)
    )


def probe_queue_redis(redis: QueueRedis) -> None:
    """Check that Redis takes writes. Raises OfficeAway, whose text names the cause."""
    try:
        redis.set(PROBE_KEY, 1, ex=PROBE_KEPT_S)
    except RedisError as error:
        raise OfficeAway(queue_cause(error)) from error


def may_evict(redis: QueueRedis) -> str:
    """The policy by which Redis may evict jobs; "" if it never does, or INFO is not permitted.

    Raises OfficeAway.
    """
    try:
        info: dict[str, object] = redis.info("memory")
    except ResponseError:  # the ACL user may not run INFO
        return ""
    except RedisError as error:
        raise OfficeAway(queue_cause(error)) from error
    return eviction_policy(info)


def redis_version(redis: QueueRedis) -> str:
    """`Redis 7.0.15`, or `Valkey 9.1.0` (which reports a redis_version too). Raises OfficeAway."""
    try:
        info: dict[str, str] = redis.info("server")
    except RedisError as error:
        raise OfficeAway(queue_cause(error)) from error
    valkey = info.get("valkey_version")
    return f"Valkey {valkey}" if valkey else f"Redis {info.get('redis_version', '?')}"
