"""Fixtures of integration tests: the application in this process, on real servers."""

from __future__ import annotations

import os
import secrets
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy import Engine

from application.apply_settings import apply_settings
from application.destinations.coupon.rooms import CouponRooms
from application.reconcile import failed_jobs_in
from application.recover_line import recover_line
from issuance import offers
from issuance.direct import DirectIssuer
from issuance.postgres.engine import open_engine
from issuance.queue import worker
from issuance.queue.job_queue import QueueStatus, forget_queue
from issuance.queue.redis_connection import QueueRedis, open_queue_redis
from issuance.queue.worker import PoolWorker, WorkerContext
from issuance.sites.secret_encryption import SecretEncryption
from processes.embedded import EmbeddedValkey
from tests.house import open_house
from tests.integration.admin_cast import forget_attempts
from tests.integration.cast import now
from tests.integration.job_cast import TRAP, set_trap
from tests.integration.line_cast import HOUR_S, LineOf, forget_room
from tests.integration.web_cast import (
    ADMIN_TOKEN,
    CHEAP,
    MEMBER_SECRET,
    TICKET_SECRET,
    client_of,
    forget_rooms,
    token,
)
from tests.servers import open_folder
from waitroom import poll_interval
from waitroom.line import Line, open_line
from waitroom.redis_io.keys import Keys
from waitroom.tokens.challenge import Challenges
from waitroom.tokens.ticket import TicketSigner
from web.app import create_app
from web.auth.admin_sessions import AdminSessions
from web.auth.intents import EnterIntents
from web.auth.member_tokens import MemberTokens
from web.auth.sessions import Sessions
from web.container import WebContainer
from web.limits.limit_values import WebLimits
from web.sse import read_interval

NOBODY_LISTENS = "127.0.0.1:9"


@pytest.fixture
def conveyor(redis_url: str) -> Iterator[QueueRedis]:
    with open_queue_redis(redis_url, timeout_s=1) as opened:
        yield opened


@pytest.fixture
def parts(
    line: Line, engine: Engine, conveyor: QueueRedis, redis_url: str, code: str
) -> Iterator[WebContainer]:
    yield WebContainer(
        line=line,
        engine=engine,
        direct=DirectIssuer(engine, conveyor),
        identity=MemberTokens([MEMBER_SECRET], ADMIN_TOKEN),
        sessions=Sessions([TICKET_SECRET], old_secrets=[MEMBER_SECRET]),
        intents=EnterIntents([TICKET_SECRET], now=line.clock.now_s),
        tickets=TicketSigner([TICKET_SECRET], now=line.clock.now_s),
        challenges=Challenges([TICKET_SECRET], now=line.clock.now_s),
        admins=AdminSessions([TICKET_SECRET], passwords=CHEAP),
        queue_status=lambda: QueueStatus(workers=2, busy=0, backlog=0),
        db_connections_bound=7,
        queue=failed_jobs_in(conveyor, f"test-{code}"),
        secret_encryption=SecretEncryption(["k" * 32]),
        limits=WebLimits(look_again_after_s=0.05),
    )
    forget_queue(conveyor, f"test-{code}")
    forget_rooms(redis_url, code)


@pytest.fixture
def app(parts: WebContainer) -> FastAPI:
    return create_app(parts)


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as opened:
        yield opened


@pytest.fixture
async def line_away() -> AsyncIterator[Line]:
    opened = open_line(f"redis://{NOBODY_LISTENS}", timeout_s=0.5)
    yield opened
    await opened.aclose()


@pytest.fixture
def engine_away() -> Engine:
    url = f"postgresql://nobody@{NOBODY_LISTENS}/nothing"
    return open_engine(url, connections_max=4, name="test")


@pytest.fixture
def gone_silent(redis_url: str, code: str) -> Callable[..., None]:
    """Let members at the head appear to have arrived an hour ago and not polled since."""

    def hush(*members: str) -> None:
        long_ago_s = int(now().timestamp()) - HOUR_S
        with Redis.from_url(redis_url) as redis, redis.pipeline() as pipe:
            for member in members:
                pipe.zincrby(Keys(code).waiting, -HOUR_S * 1_000_000, member)
            pipe.hset(Keys(code).bucket, "hearing_since", long_ago_s * 1_000_000)
            pipe.execute()

    return hush


@pytest.fixture
def years_pass(redis_url: str, code: str) -> Callable[[str, int], None]:
    """Move the time at which a member was skipped or refused into the past."""

    def move(member: str, seconds: int) -> None:
        with Redis.from_url(redis_url) as redis:
            before, _, since = redis.hget(Keys(code).away, member).rpartition(b" ")
            moved = int(since) - seconds * 1_000_000
            redis.hset(Keys(code).away, member, b"%s %d" % (before, moved))

    return move


@pytest.fixture
def comes_by(line, engine, code):
    """Do what the admitter does every second."""

    async def settle_and_look_after(times: int = 1) -> None:
        for _ in range(times):
            offer = offers.get_offer(engine, code)
            await apply_settings(line, offer)
            await recover_line(line, engine, offer.room, CouponRooms(engine, line))

    return settle_and_look_after


@pytest.fixture
def lose_all(redis_url, code):
    """Delete all keys of the room in Redis."""
    return lambda: forget_room(redis_url, code)


@pytest.fixture
def set_back(redis_url, code):
    """Move a time in the room's hash so many seconds into the past."""

    def earlier(field: str, seconds: int) -> None:
        with Redis.from_url(redis_url) as redis:
            redis.hincrby(Keys(code).room, field, -seconds * 1_000_000)

    return earlier


@pytest.fixture
def sprung(tmp_path, monkeypatch):
    """The file that appears if a job's trap is imported, called or unpickled."""
    monkeypatch.syspath_prepend(str(tmp_path))
    path = set_trap(tmp_path)
    monkeypatch.setattr(os, "system", lambda *_: path.write_text("os.system"))
    yield path
    sys.modules.pop(TRAP, None)


@pytest.fixture
def queue_name(conveyor):
    name = f"test-foreign-{secrets.token_hex(4)}"
    yield name
    forget_queue(conveyor, name)
    for key in conveyor.scan_iter(f"rq:*{name}*", count=1_000):
        conveyor.delete(key)


@pytest.fixture
def run_jobs(conveyor, monkeypatch) -> Callable[..., None]:
    """Run a queue's jobs, or `max_jobs` of them, by a worker's own loop with this context."""

    def until_empty(queue_name: str, post: WorkerContext, max_jobs: int | None = None) -> None:
        monkeypatch.setattr(worker, "_context", post)
        monkeypatch.setattr(PoolWorker, "stop_requested", False)
        PoolWorker.for_queue(queue_name, conveyor).work(burst=True, max_jobs=max_jobs)

    return until_empty


@pytest.fixture
def work_off(run_jobs, queue_name, engine):
    """Run all jobs of the queue. Returns the members with a reported outcome."""

    def until_empty(*, deployment: str = "") -> list[str]:
        told: list[str] = []
        post = WorkerContext(
            engine, lambda one: told.extend(one.outcomes), deployment=lambda: deployment
        )
        run_jobs(queue_name, post)
        return told

    return until_empty


@pytest.fixture
async def alice(client):
    """A client with Alice's session."""
    await client.get("/signin", params={"token": token("alice")})
    return client


@pytest.fixture
async def own(redis_url, code) -> AsyncIterator[LineOf]:
    """A line that knows only this test's room, for code that visits all rooms."""
    opened = LineOf(redis_url, code)
    yield opened
    await opened.aclose()


@pytest.fixture
def queue(conveyor) -> Iterator[Queue]:
    """A queue in the format of our workers."""
    name = f"test-{secrets.token_hex(4)}"
    yield Queue(name, connection=conveyor, serializer=JSONSerializer)
    for key in conveyor.scan_iter(f"rq:*:{name}*", count=1_000):
        conveyor.delete(key)
    conveyor.srem("rq:queues", f"rq:queue:{name}")


@pytest.fixture
def own_house(database_url, tmp_path):
    """A house on its own Redis, whose data a test may lose."""
    with ExitStack() as stack:
        valkey = EmbeddedValkey(open_folder(stack) / "valkey", durable=False)
        stack.callback(valkey.erase)
        valkey.start()
        yield stack.enter_context(open_house(database_url, valkey.url, tmp_path))


@pytest.fixture
def handlers():
    """Restore the signal handlers that a worker replaces."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)
    before = {number: signal.getsignal(number) for number in numbers}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder for embedded servers, which any user can reach."""
    with ExitStack() as stack:
        yield open_folder(stack)


@pytest.fixture
def unknown_address(redis_url):
    """Delete the sign-in attempts of the tests' address, before and after."""
    forget_attempts(redis_url)
    yield
    forget_attempts(redis_url)


@pytest.fixture
def quick_beats(monkeypatch):
    """Shorten the intervals of streams and polls."""
    monkeypatch.setattr(read_interval, "READ_INTERVAL_S", 0.02)
    monkeypatch.setattr(poll_interval, "INTERVAL_MIN_S", 0.02)


@pytest.fixture
def patient_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait longer for Redis: on a busy machine rate limits would let all requests through."""
    monkeypatch.setattr("waitroom.limits.rate_limiter.ANSWER_WITHIN_S", 10)


@pytest.fixture
def metrics_read_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Don't cache `/metrics`."""
    monkeypatch.setattr("web.metrics.route.FRESH_S", 0)
