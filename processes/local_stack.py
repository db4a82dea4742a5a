"""The product's real processes with stores of their own, for comparing and measuring."""

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

READY_WITHIN_S = 45.0
STOP_WITHIN_S = 10.0


@dataclass(frozen=True, slots=True)
class ProcessCounts:
    """How many processes of each kind are on the stage, and settings given to all of them."""

    web_processes: int = 1
    admitters: int = 1
    workers: int = 2
    environ: Mapping[str, str] = field(default_factory=dict)


class LocalStack:
    """A context manager: inside it, the product serves at `base_url`.

    DATABASE_URL and REDIS_URL of the environment are taken where given, embedded servers else. On
    a given Postgres it works in a database of its own, dropped at the end, so the user must be
    allowed to create one. A given Redis may serve no rooms: our admitter would let their people
    through. look: is called now and then while it starts, and may raise to end that. Raises
    BadSettings, EmbeddedServerError, OfficeError, LineAway.
    """

    def __init__(
        self,
        cast: ProcessCounts,
        environ: Mapping[str, str] = os.environ,
        *,
        look: Callable[[], None] = lambda: None,
    ) -> None:
        self.cast = cast
        self.port = free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.environ: dict[str, str] = {}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.servers: dict[str, int] = {}
        self._given = environ
        self._look = look
        self._codes: list[str] = []
        self._stack = ExitStack()

    @property
    def db_connections_bound(self) -> int:
        """How many connections to Postgres all processes together may open."""
        return db_connections_bound(
            web=int(self.environ["WEB_DB_CONNECTIONS"]),
            workers=self.cast.workers,
            admitters=self.cast.admitters,
        )

    @property
    def identity(self) -> MemberTokens:
        """Mints the tokens of this stage's members."""
        return MemberTokens([self.environ["MEMBER_TOKEN_SECRETS"]], self.environ["ADMIN_TOKEN"])

    def session_cookies(self, member_ids: Iterable[str]) -> list[str]:
        """For each the `Cookie` header of a browser in which this member is signed in."""
        sessions = Sessions([self.environ["TICKET_SECRETS"]])
        now_us = int(time.time() * 1_000_000)
        begun = (sessions.begin(Visitor(one, one), now_us) for one in member_ids)
        return [f"{SESSION_COOKIE}={sessions.sign(member)}" for member in begun]

    def __enter__(self) -> Self:
        with self._stack:
            folder = Path(tempfile.mkdtemp(prefix="waitroom-stage-"))
            folder.chmod(0o711)  # Postgres may run as another user
            self._stack.callback(shutil.rmtree, folder, ignore_errors=True)
            self.log = folder / "stage.log"
            self.environ = self._environ(folder)
            self._look()
            self._refuse_foreign_rooms()
            self._migrate()
            self._start()
            self._stack = self._stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _environ(self, folder: Path) -> dict[str, str]:
        """What all processes are given: where the stores are, and secrets of this run alone."""
        queue = f"stage-{secrets.token_hex(4)}"
        redis_url = self._given.get("REDIS_URL") or self._embedded(
            EmbeddedValkey(folder / "valkey")
        )
        database_url = self._given.get("DATABASE_URL")
        if database_url:
            database_url = self._stack.enter_context(create_temporary_database(database_url))
        else:
            database_url = self._embedded(EmbeddedPostgres(folder / "postgres"))
        made = ("TICKET_SECRETS", "MEMBER_TOKEN_SECRETS", "ADMIN_TOKEN")
        return {
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "QUEUE_NAME": queue,
            "WORKERS": str(max(1, self.cast.workers)),
            "WEB_DB_CONNECTIONS": str(4 * self.cast.web_processes),
            "DRAIN_S": "0",
            **{name: secrets.token_urlsafe(32) for name in made},
            **self.cast.environ,
        }

    def _embedded(self, server: EmbeddedPostgres | EmbeddedValkey) -> str:
        self._stack.callback(server.erase)
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
                f"This Redis serves rooms already ({named}), whose people would be let through by "
                "mistake. Name another one in REDIS_URL, or another database of it, as in "
                "redis://host:6379/1."
            )

    def _migrate(self) -> None:
        with self.postgres() as engine:
            migrate(engine)
            refuse_other_deployment(read_settings(StoreSettings, self.environ), engine)

    def _start(self) -> None:
        self._stack.callback(self._forget)
        self._stack.callback(self._stop)
        for number in range(self.cast.admitters):
            self._run(f"admitter {number + 1}", "admitter")
        # One command a worker, so that each is our own child and can be looked at.
        for number in range(self.cast.workers):
            self._run(f"worker {number + 1}", "worker", "--workers", "1")
        self._start_web()

    def _start_web(self) -> None:
        processes = str(self.cast.web_processes)
        self._run("web", "web", "--port", str(self.port), "--processes", processes)
        self._wait_until_ready()

    def restart_web(self) -> None:
        """Begin anew with no connection open and nothing warm, where one measure follows another.

        Raises BadSettings.
        """
        stop(self.processes["web"], signal=signal.SIGTERM, grace_s=STOP_WITHIN_S)
        self._start_web()

    def _run(self, name: str, *words: str) -> None:
        # -P: a folder called `web` where somebody happens to be must not be taken for ours.
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
        """The Redis may be somebody's: leave nothing of ours in it."""
        with open_queue_redis(self.environ["REDIS_URL"], timeout_s=5) as conveyor:
            forget_queue(conveyor, self.environ["QUEUE_NAME"])
            with self.postgres() as engine:
                own = deployment_id(engine)
            for place in deployment_claims(conveyor, conveyor, self.environ["QUEUE_NAME"]):
                place.release(own)
            for code in self._codes:
                forget_lock(conveyor, code)

        async def retire() -> None:
            line = open_line(self.environ["REDIS_URL"], connections_max=1)
            for code in self._codes:
                await line.retire(code, keep_s=1)
            await line.aclose()

        asyncio.run(retire())

    def offer(
        self, code: str, total: int, *, issuing: Issuing = "queue", room: RoomSettings | None = None
    ) -> None:
        """Put a coupon on offer that is open for a day, its line in force."""
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
            offer = offers.create_offer(engine, coupon, settings, who="stage", now=now)
        self._codes.append(code)

        async def tell() -> None:
            line = open_line(self.environ["REDIS_URL"], connections_max=1)
            await apply_settings(line, offer)
            await line.aclose()

        asyncio.run(tell())

    @contextmanager
    def postgres(self) -> Iterator[Engine]:
        """One more connection to this stage's database."""
        engine = open_engine(self.environ["DATABASE_URL"], connections_max=1, name="stage")
        try:
            yield engine
        finally:
            engine.dispose()


def _without_settings(environ: Mapping[str, str]) -> dict[str, str]:
    """What somebody set for their own processes is not for ours: DATABASE_URL_FILE would win."""
    ours = {name for kind in ALL_SETTINGS for name in kind.model_fields}
    return {name: v for name, v in environ.items() if name.removesuffix("_FILE") not in ours}
