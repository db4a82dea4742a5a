"""House: runs the product's processes against the tests' servers."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from redis import Redis

from issuance.deployment import LINE_KEY
from processes.child_process import free_port, spawn, stop
from tests.nursery import Child, shared_nursery
from tests.off_clock import OFF_BY_S
from waitroom.stats.process_registry import KEY as PROCESSES_KEY
from web.auth.member_tokens import MemberTokens
from web.auth.sessions import Sessions

ROOT = Path(__file__).parent.parent
# Generous: a busy machine needs far longer than an idle one, and only a failure waits so long.
WITHIN_S = 60.0
Process = subprocess.Popen[bytes] | Child


def eventually(true: Callable[[], object], *, within_s: float = WITHIN_S) -> None:
    """Wait until `true()` returns true; fails after `within_s`."""
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, f"still not so after {within_s} s"
        time.sleep(0.05)


class KnownToAll(MemberTokens):
    """Signs tokens and remembers them, to check that no log contains one."""

    def __init__(self, *secrets: Any) -> None:
        super().__init__(*secrets)
        self.minted: set[str] = set()

    def sign(self, *member: Any, **more: Any) -> str:
        """Each token differs, also within a second: a hand-over token works once."""
        token = super().sign(*member, **{"valid_s": 3_600 + secrets.randbelow(86_400), **more})
        self.minted.add(token)
        return token


class House:
    """Web, admitters and workers as processes, with a queue of their own."""

    def __init__(self, database_url: str, redis_url: str, folder: Path, **environ: str) -> None:
        self.port = free_port()
        self.redis_url = redis_url
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "house.log"
        self._logs = {self.log}
        self.admin_token = secrets.token_urlsafe(32)
        self.environ = {
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "QUEUE_NAME": f"test-{secrets.token_hex(4)}",
            "TICKET_SECRETS": secrets.token_urlsafe(32),
            "MEMBER_TOKEN_SECRETS": secrets.token_urlsafe(32),
            "ADMIN_TOKEN": self.admin_token,
            "WORKERS": "1",
            "WEB_DB_CONNECTIONS": "4",
            "LEASE_S": "2",
            "DEMO": "1",
            "DRAIN_S": "0",  # no load balancer probes it
            **environ,
        }
        self.identity = KnownToAll([self.environ["MEMBER_TOKEN_SECRETS"]], self.admin_token)
        self.sessions = Sessions([self.environ["TICKET_SECRETS"]])
        self.processes: list[Process] = []

    def start(self, *words: str, clock_off_by_s: float = 0.0) -> Process:
        """Start `waitroom WORDS`, with a clock that is so many seconds ahead."""
        self.log.touch(0o600)  # at once: tests read it before the first line
        environ = {**os.environ, **self.environ}
        if clock_off_by_s:
            environ[OFF_BY_S] = str(clock_off_by_s)
        child = shared_nursery().start(words, environ, self.log)
        self.processes.append(child)
        return child

    def command(self, *words: str, given: str = "") -> str:
        """Run `waitroom WORDS` with `given` on standard input. Returns its output."""
        done = self.finished(*words, given=given)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def finished(self, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
        """As `command`, but returns the process with any exit code."""
        with TemporaryDirectory(prefix="waitroom-command-") as name:
            typed, printed, errors = (Path(name) / one for one in ("given", "output", "errors"))
            typed.write_text(given)
            environ = {**os.environ, **self.environ}
            nursery = shared_nursery()
            child = nursery.start(words, environ, printed, errors=errors, given=typed)
            code = child.wait(2 * WITHIN_S)
            return subprocess.CompletedProcess(
                list(words), code, printed.read_text(), errors.read_text()
            )

    def run(
        self, argv: list[str], *, cwd: Path = ROOT, log: Path | None = None, **environ: str
    ) -> subprocess.Popen[bytes]:
        """Start any program with our settings and those of `environ`."""
        log = log or self.log
        self._logs.add(log)
        env = {**os.environ, **self.environ, **environ}
        process = spawn(argv, env=env, cwd=cwd, log=log)
        self.processes.append(process)
        return process

    def start_web(self) -> Process:
        process = self.start("web", "--port", str(self.port))
        self.until_ready()
        return process

    def until_ready(self) -> None:
        eventually(self.is_ready, within_s=2 * WITHIN_S)  # imports alone take seconds

    def start_all(self, *, workers: int = 1) -> None:
        self.start("admitter")
        self.start("worker", "--workers", str(workers))
        self.start_web()

    def stop(self, process: Process) -> int:
        """End a process by SIGTERM. Returns its exit code."""
        self.processes.remove(process)
        return stop(process, signal=signal.SIGTERM, grace_s=WITHIN_S)

    def kill(self, process: Process) -> None:
        self.processes.remove(process)
        process.kill()
        process.wait()

    def close(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in list(self.processes):
            stop(process, signal=signal.SIGKILL, grace_s=WITHIN_S)
        self._forget_queue()

    def keeps_its_secrets(self) -> None:
        """Fails if a log of our processes contains a secret, a token or a password."""
        logs = [path for path in self._logs if path.exists()]
        log = "".join(path.read_text(errors="replace") for path in logs)
        names = ("_SECRETS", "_TOKEN", "_HASH")
        secrets_ = {value for name, value in self.environ.items() if name.endswith(names) and value}
        urls = (self.environ["DATABASE_URL"], self.environ["REDIS_URL"])
        passwords = {password for url in urls if (password := urlsplit(url).password)}
        found = [one for one in secrets_ | passwords | self.identity.minted if one in log]
        assert not found, f"{len(found)} secrets are in {', '.join(map(str, logs))}"

    def _forget_queue(self) -> None:
        """Delete our queue's keys: the Redis may not be ours."""
        queue = self.environ["QUEUE_NAME"]
        with Redis.from_url(self.redis_url) as redis:
            for kind in (f"rq:*:{queue}*", f"waitroom:queue:{queue}:*"):
                for key in redis.scan_iter(kind, count=1_000):
                    redis.delete(key)
            # The next house has another database, and so another deployment id.
            redis.delete(LINE_KEY, PROCESSES_KEY)
            redis.srem("rq:queues", f"rq:queue:{queue}")

    def is_ready(self) -> bool:
        try:
            return bool(self.call("GET", "/readyz")[0] == 200)
        except OSError:  # refused or reset while the process starts or ends
            return False

    def call(
        self, method: str, path: str, body: Any = None, *, token: str = ""
    ) -> tuple[int, dict[str, Any]]:
        """Send a JSON request. Returns status and body."""
        request = urllib.request.Request(self.base_url + path, method=method)
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        if body is not None:
            request.add_header("Content-Type", "application/json")
            request.data = json.dumps(body).encode()
        try:
            with urllib.request.urlopen(request, timeout=WITHIN_S) as answer:
                return answer.status, json.loads(answer.read() or "null")
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read() or "null")

    def admin(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        status, answer = self.call(method, f"/api/admin{path}", body, token=self.admin_token)
        assert status < 300, answer
        return answer

    def member(self, method: str, path: str, member_id: str) -> tuple[int, dict[str, Any]]:
        return self.call(method, path, token=self.identity.sign(member_id))

    def offer(
        self,
        code: str,
        total: int,
        *,
        issuing: str = "queue",
        opens_at: datetime | None = None,
        **room: object,
    ) -> None:
        """Create a coupon by the admin API; by default it is open."""
        now = datetime.now(UTC)
        settings = {"rate_per_s": 2_000, "burst": 200, "seats": 2_000, **room}
        self.admin(
            "POST",
            "/coupons",
            {
                "code": code,
                "description": f"{total} of a test",
                "discount": {"kind": "amount", "value": 5_000},
                "total_count": total,
                "opens_at": (opens_at or now - timedelta(hours=1)).isoformat(),
                "expire_date": (now + timedelta(days=1)).isoformat(),
                "issuing": issuing,
                "room": settings,
            },
        )


@contextmanager
def open_house(database_url: str, redis_url: str, folder: Path, **environ: str) -> Iterator[House]:
    house = House(database_url, redis_url, folder, **environ)
    try:
        yield house
    finally:
        house.close()
    house.keeps_its_secrets()
