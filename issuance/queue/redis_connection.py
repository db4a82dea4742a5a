"""The connection to the Redis that RQ runs on. It carries; it is never believed."""

from __future__ import annotations

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError
from redis.retry import Retry

from domain.stores.redis_eviction import eviction_policy
from issuance.errors import OfficeAway, queue_cause

QueueRedis = Redis
PROBE_KEY, PROBE_KEPT_S = "waitroom:queue:probe", 60


def open_queue_redis(url: str, *, timeout_s: float) -> QueueRedis:
    """A connection whose answers come within `timeout_s`.

    Without retries: who feeds and gets no answer doesn't know whether it was a yes. The rescue
    feeds again whoever has no outcome. (redis-py would retry ten times, for up to a minute.)
    """
    return Redis.from_url(
        url, socket_timeout=timeout_s, socket_connect_timeout=5, retry=Retry(NoBackoff(), 0)
    )


def probe_queue_redis(redis: QueueRedis) -> None:
    """Write something tiny. Raises OfficeAway, whose text names the cause, where it is refused."""
    try:
        redis.set(PROBE_KEY, 1, ex=PROBE_KEPT_S)
    except RedisError as error:
        raise OfficeAway(queue_cause(error)) from error


def may_evict(redis: QueueRedis) -> str:
    """The policy by which jobs may be lost; "" where none may, or Redis does not say.

    Raises OfficeAway.
    """
    try:
        info: dict[str, object] = redis.info("memory")
    except ResponseError:  # some users may not ask
        return ""
    except RedisError as error:
        raise OfficeAway(queue_cause(error)) from error
    return eviction_policy(info)


def redis_version(redis: QueueRedis) -> str:
    """As `Redis 7.0.15`, or `Valkey 9.1.0`, which calls itself a Redis too. Raises OfficeAway."""
    try:
        said: dict[str, str] = redis.info("server")
    except RedisError as error:
        raise OfficeAway(queue_cause(error)) from error
    valkey = said.get("valkey_version")
    return f"Valkey {valkey}" if valkey else f"Redis {said.get('redis_version', '?')}"
