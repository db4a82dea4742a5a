"""Conveyor: the connection to the Redis that RQ runs on. It carries; it is never believed."""

from __future__ import annotations

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

Conveyor = Redis


def open_conveyor(url: str, *, timeout_s: float | None) -> Conveyor:
    """A connection whose answers come within `timeout_s`; None for a worker, which waits for jobs.

    Without retries: who feeds and gets no answer doesn't know whether it was a yes. The rescue
    feeds again whoever has no outcome. (redis-py would retry ten times, for up to a minute.)
    """
    return Redis.from_url(
        url, socket_timeout=timeout_s, socket_connect_timeout=5, retry=Retry(NoBackoff(), 0)
    )
