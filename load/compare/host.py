"""Host: describes the machine and the versions that a comparison ran on; nothing identifies it."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version

from issuance.postgres.connection_stats import postgres_version
from issuance.queue.redis_connection import open_queue_redis, redis_version
from processes.local_stack import LocalStack

PACKAGES = ("fastapi", "uvicorn", "sqlalchemy", "psycopg", "redis", "rq", "aiohttp")


def describe(stack: LocalStack) -> dict[str, str]:
    """Names and values, for the report."""
    with stack.postgres() as engine:
        postgres = postgres_version(engine)
    with open_queue_redis(stack.environ["REDIS_URL"], timeout_s=5) as queue_redis:
        redis = redis_version(queue_redis)
    own = "started for this run, on this machine"
    return {
        "Machine": f"{platform.system()}, {platform.machine()}, {_cores()}{_memory()}",
        "Python": platform.python_version(),
        "Postgres": f"{postgres}, {own if 'Postgres' in stack.servers else 'as given'}",
        "Redis": f"{redis}, {own if 'Valkey' in stack.servers else 'as given'}",
        "Packages": ", ".join(filter(None, map(_package, PACKAGES))),
    }


def _cores() -> str:
    count = os.cpu_count() or 1
    return f"{count} {'core' if count == 1 else 'cores'}"


def _memory() -> str:
    try:
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return ""
    return f", {size / 2**30:.0f} GiB of memory"


def _package(name: str) -> str:
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        return ""
