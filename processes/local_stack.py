"""LocalStack: runs the product's processes on stores of their own, to compare and to measure."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self
from uuid import uuid4

from application.apply_settings import apply_settings
from domain.coupon import Coupon, Issuing
from domain.discount import DiscountPolicy
from domain.inventory import Inventory
from domain.room_settings import RoomSettings
from issuance import offers
from issuance.deployment import deployment_claims, deployment_id
from issuance.direct import forget_lock
from issuance.migrate import migrate
from issuance.postgres.engine import Engine, open_engine
from issuance.postgres.temporary_database import create_temporary_database
from issuance.queue.job_queue import forget_queue
from issuance.queue.redis_connection import open_queue_redis
from processes.child_process import free_port, spawn, stop
from processes.deployment_watch import refuse_other_deployment
from processes.embedded import EmbeddedPostgres, EmbeddedValkey
from processes.postgres_connections import db_connections_bound
from processes.settings.reader import BadSettings, read_settings
from processes.settings.registry import ALL_SETTINGS
from processes.settings.stores import StoreSettings
from waitroom.line import open_line
from web.auth.member_tokens import MemberTokens, Visitor
from web.auth.sessions import SESSION_COOKIE, Sessions

READY_WITHIN_S = 120.0
STOP_WITHIN_S = 10.0


@dataclass(frozen=True, slots=True)
class ProcessCounts:
    """How many processes of each kind run, and settings for all of them."""

    web_processes: int = 1
    admitters: int = 1
    workers: int = 2
    environ: Mapping[str, str] = field(default_factory=dict)


class LocalStack:
    """A context manager: inside it, the product serves at `base_url`.

    It uses DATABASE_URL and REDIS_URL if the environment has them, else embedded servers. On a
    given Postgres it creates a database and drops it at the end, which the user must be allowed to.
    A given Redis must serve no rooms: our admitter would admit their members.

    look: called repeatedly during the start; may raise to abort it. Raises BadSettings,
    EmbeddedServerError, OfficeError, LineAway.
    """

    def __init__(
        self,
        counts: ProcessCounts,
        environ: Mapping[str, str] = os.environ,
        *,
        look: Callable[[], None] = lambda: None,
    ) -> None:
        self.counts = counts
        self.port = free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.environ: dict[str, str] = {}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.servers: dict[str, int] = {}
        self._given = environ
        self._look = look
        self._codes: list[str] = []
        self._exit_stack = ExitStack()

    @property
    def db_connections_bound(self) -> int:
        """How many connections to Postgres all processes together may open."""
        return db_connections_bound(
            web=int(self.environ["WEB_DB_CONNECTIONS"]),
            workers=self.counts.workers,
            admitters=self.counts.admitters,
        )

    @property
    def identity(self) -> MemberTokens:
        """Signs the tokens of this stack's members."""
        return MemberTokens([self.environ["MEMBER_TOKEN_SECRETS"]], self.environ["ADMIN_TOKEN"])

    def session_cookies(self, member_ids: Iterable[str]) -> list[str]:
        """For each member, the `Cookie` header of a browser signed in as them."""
        sessions = Sessions([self.environ["TICKET_SECRETS"]])
        now_us = int(time.time() * 1_000_000)
        begun = (sessions.begin(Visitor(one, one), now_us) for one in member_ids)
        return [f"{SESSION_COOKIE}={sessions.sign(member)}" for member in begun]

    def __enter__(self) -> Self:
        with self._exit_stack:
            folder = Path(tempfile.mkdtemp(prefix="waitroom-stack-"))
            folder.chmod(0o711)  # Postgres may run as another user
            self._exit_stack.callback(shutil.rmtree, folder, ignore_errors=True)
            self.log = folder / "stack.log"
            self.environ = self._environ(folder)
            self._look()
            self._refuse_foreign_rooms()
            self._migrate()
            self._start()
            self._exit_stack = self._exit_stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._exit_stack.close()

    def _environ(self, folder: Path) -> dict[str, str]:
        """The environment of all processes: the stores, and secrets of this run."""
        queue = f"stack-{secrets.token_hex(4)}"
        redis_url = self._given.get("REDIS_URL") or self._embedded(
            EmbeddedValkey(folder / "valkey")
        )
        database_url = self._given.get("DATABASE_URL")
        if database_url:
            database_url = self._exit_stack.enter_context(create_temporary_database(database_url))
        else:
            database_url = self._embedded(EmbeddedPostgres(folder / "postgres"))
        made = ("TICKET_SECRETS", "MEMBER_TOKEN_SECRETS", "ADMIN_TOKEN")
        return {
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "QUEUE_NAME": queue,
            "WORKERS": str(max(1, self.counts.workers)),
            "WEB_DB_CONNECTIONS": str(4 * self.counts.web_processes),
            "DRAIN_S": "0",
            **{name: secrets.token_urlsafe(32) for name in made},
            **self.counts.environ,
        }

    def _embedded(self, server: EmbeddedPostgres | EmbeddedValkey) -> str:
        self._exit_stack.callback(server.erase)
        server.start()
        if server.pid is not None:
            self.servers[server.name] = server.pid
        return server.url

    def _refuse_foreign_rooms(self) -> None:
        async def rooms() -> list[str]:
            line = open_line(self.environ["REDIS_URL"], connections_max=1)
            try:
                return await line.codes()
            finally:
                await line.aclose()

        if found := asyncio.run(rooms()):
            named = ", ".join(found[:3]) + (", ..." if len(found) > 3 else "")
            raise BadSettings(
                f"This Redis serves rooms ({named}), whose members would be admitted by mistake. "
                "Set REDIS_URL to another Redis, or to another database of it, such as "
                "redis://host:6379/1."
            )

    def _migrate(self) -> None:
        with self.postgres() as engine:
            migrate(engine)
            refuse_other_deployment(read_settings(StoreSettings, self.environ), engine)

    def _start(self) -> None:
        self._exit_stack.callback(self._forget)
        self._exit_stack.callback(self._stop)
        for number in range(self.counts.admitters):
            self._run(f"admitter {number + 1}", "admitter")
        # One command a worker, so that each is our own child and can be measured.
        for number in range(self.counts.workers):
            self._run(f"worker {number + 1}", "worker", "--workers", "1")
        self._start_web()

    def _start_web(self) -> None:
        processes = str(self.counts.web_processes)
        self._run("web", "web", "--port", str(self.port), "--processes", processes)
        self._wait_until_ready()

    def restart_web(self) -> None:
        """Restart the web server between two measures: no open connections, no warm caches.

        Raises BadSettings.
        """
        stop(self.processes["web"], signal=signal.SIGTERM, grace_s=STOP_WITHIN_S)
        self._start_web()

    def _run(self, name: str, *words: str) -> None:
        # -P: a folder `web` in the working directory must not shadow our package.
        argv = [sys.executable, "-P", "-m", "cli", *words]
        env = {**_without_settings(os.environ), **self.environ}
        self.processes[name] = spawn(argv, env=env, log=self.log)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < deadline:
            self._look()
            for name, process in self.processes.items():
                if process.poll() is not None:
                    raise BadSettings(f"{name} ended while starting:\n{self._log_tail()}")
            try:
                with urllib.request.urlopen(self.base_url + "/readyz", timeout=2):  # noqa: S310
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        raise BadSettings(f"The web process was not ready in time:\n{self._log_tail()}")

    def _log_tail(self) -> str:
        return self.log.read_text(errors="replace")[-2_000:] if self.log.exists() else ""

    def _stop(self) -> None:
        for process in self.processes.values():
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.processes.values():
            stop(process, signal=signal.SIGTERM, grace_s=STOP_WITHIN_S)

    def _forget(self) -> None:
        """Delete our keys: the Redis may not be ours."""
        with open_queue_redis(self.environ["REDIS_URL"], timeout_s=5) as redis:
            forget_queue(redis, self.environ["QUEUE_NAME"])
            with self.postgres() as engine:
                own = deployment_id(engine)
            for place in deployment_claims(redis, redis, self.environ["QUEUE_NAME"]):
                place.release(own)
            for code in self._codes:
                forget_lock(redis, code)

        async def retire() -> None:
            line = open_line(self.environ["REDIS_URL"], connections_max=1)
            for code in self._codes:
                await line.retire(code, keep_s=1)
            await line.aclose()

        asyncio.run(retire())

    def offer(
        self, code: str, total: int, *, issuing: Issuing = "queue", room: RoomSettings | None = None
    ) -> None:
        """Create a coupon that is open for a day, and its line."""
        now = datetime.now(UTC)
        coupon = Coupon(
            id=uuid4(),
            code=code,
            description=f"{total:,} to be measured",
            discount=DiscountPolicy("amount", 5_000),
            inventory=Inventory(total),
            opens_at=now - timedelta(minutes=1),
            expire_date=now + timedelta(days=1),
            issuing=issuing,
        )
        settings = (room or RoomSettings()) if issuing == "queue" else None
        with self.postgres() as engine:
            offer = offers.create_offer(engine, coupon, settings, who="stack", now=now)
        self._codes.append(code)

        async def apply() -> None:
            line = open_line(self.environ["REDIS_URL"], connections_max=1)
            await apply_settings(line, offer)
            await line.aclose()

        asyncio.run(apply())

    @contextmanager
    def postgres(self) -> Iterator[Engine]:
        """An engine with one connection to this stack's database."""
        engine = open_engine(self.environ["DATABASE_URL"], connections_max=1, name="stack")
        try:
            yield engine
        finally:
            engine.dispose()


def _without_settings(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment without our settings, whose X_FILE variants would override ours."""
    ours = {name for kind in ALL_SETTINGS for name in kind.model_fields}
    return {name: v for name, v in environ.items() if name.removesuffix("_FILE") not in ours}
