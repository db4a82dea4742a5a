"""RedisPair: a primary and its replica, alone or watched by three Sentinels."""

from __future__ import annotations

import secrets
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from string import Template

from redis import Redis

from load.bench.process_usage import family
from processes.embedded import EmbeddedValkey
from tests.faults.link import Link
from tests.faults.signals import kill_family, send
from tests.servers import open_folder

SERVICE, HOST = "mymaster", "127.0.0.1"
# As deploy/compose.ha.yaml starts them.
SHIPPED = Path(__file__).parent.parent / "deploy" / "ha"
WITHIN_S = 20.0


class PairServer(EmbeddedValkey):
    """A primary or replica, with the settings that we ship."""

    def _settings(self) -> list[str]:
        ours = [*super()._settings(), f"masterauth {self._password}"]
        return [*ours, *(SHIPPED / "redis.conf").read_text().splitlines()]


class Sentinel(EmbeddedValkey):
    """Watches `primary` with two others, with the settings that we ship."""

    name = "Sentinel"
    arguments = ("--sentinel",)

    def __init__(
        self, folder: Path, primary: EmbeddedValkey, password: str, down_after_ms: int
    ) -> None:
        super().__init__(folder)
        self._primary = primary
        self._shared = password
        self._down_after_ms = down_after_ms

    def _settings(self) -> list[str]:
        filled = Template((SHIPPED / "sentinel.conf").read_text()).substitute(
            SENTINEL_PORT=self.port,
            SENTINEL_FOLDER=".",
            SENTINEL_HOST=HOST,
            SENTINEL_PASSWORD=self._password,
            DOWN_AFTER_MS=self._down_after_ms,
            PRIMARY_HOST=HOST,
            PRIMARY_PORT=self._primary.port,
            REDIS_PASSWORD=self._shared,
        )
        return [f"bind {HOST}", *filled.splitlines()]


class RedisPair:
    """Two servers with one password. Make it by `redis_pair`."""

    def __init__(self, folder: Path, sentinels: int, down_after_s: float) -> None:
        self.password, self._sentinel_password = (secrets.token_urlsafe(24) for _ in range(2))
        self.primary = PairServer(_with_password(folder / "one", self.password))
        self.replica = PairServer(_with_password(folder / "two", self.password))
        self.sentinels = [
            Sentinel(
                _with_password(folder / f"sentinel-{number}", self._sentinel_password),
                self.primary,
                self.password,
                int(down_after_s * 1_000),
            )
            for number in range(sentinels)
        ]

    @property
    def url(self) -> str:
        """Of the Sentinels."""
        hosts = ",".join(f"127.0.0.1:{one.port}" for one in self.sentinels)
        return (
            f"redis+sentinel://:{self.password}@{hosts}/{SERVICE}/0"
            f"?sentinel_password={self._sentinel_password}"
        )

    def start(self) -> None:
        for server in (self.primary, self.replica):
            server.start()
        self.replicate(self.replica, self.primary)
        for sentinel in self.sentinels:
            sentinel.start()
        _until(self._is_watched)

    def replicate(self, replica: EmbeddedValkey, primary: EmbeddedValkey | Link) -> None:
        """REPLICAOF, and wait until the replica has all data. primary: or the link to it."""
        with Redis.from_url(replica.url) as redis:
            redis.replicaof("127.0.0.1", primary.port)
            _until(lambda: redis.info("replication").get("master_link_status") == "up")

    def catch_up(self) -> None:
        """Wait until the replica has every write."""
        with Redis.from_url(self.primary.url) as redis:
            redis.set("waitroom:{a pair}:written", 1)
            assert redis.wait(1, int(WITHIN_S * 1_000)) == 1

    def swap(self) -> None:
        """Promote the replica and demote the primary, as an operator does. Cuts no connection."""
        self.catch_up()
        with Redis.from_url(self.replica.url) as redis:
            redis.replicaof("NO", "ONE")
        with Redis.from_url(self.primary.url) as redis:
            redis.replicaof("127.0.0.1", self.replica.port)

    def kill_primary(self) -> None:
        assert self.primary.pid is not None
        kill_family(self.primary.pid)

    def stop_primary(self) -> None:
        """SIGSTOP: it accepts connections and answers none."""
        _signal(self.primary, signal.SIGSTOP)

    @contextmanager
    def stopped_replica(self) -> Iterator[None]:
        """SIGSTOP, and SIGCONT at the end: meanwhile it acknowledges nothing."""
        _signal(self.replica, signal.SIGSTOP)
        try:
            yield
        finally:
            _signal(self.replica, signal.SIGCONT)

    def close(self) -> None:
        for server in (*self.sentinels, self.primary, self.replica):
            if server.pid is not None:
                kill_family(server.pid)
            server.erase()

    def _is_watched(self) -> bool:
        """Whether each Sentinel knows the replica and both others."""
        for sentinel in self.sentinels:
            with Redis.from_url(sentinel.url, decode_responses=True) as redis:
                state = redis.execute_command("SENTINEL MASTER", SERVICE)
            others = len(self.sentinels) - 1
            if state["num-slaves"] < 1 or state["num-other-sentinels"] < others:
                return False
        return True


@contextmanager
def redis_pair(*, sentinels: int = 0, down_after_s: float = 0.5) -> Iterator[RedisPair]:
    """A running pair; its data is deleted afterwards."""
    with ExitStack() as stack:
        pair = RedisPair(open_folder(stack), sentinels, down_after_s)
        stack.callback(pair.close)
        pair.start()
        yield pair


def _with_password(folder: Path, password: str) -> Path:
    """An embedded server keeps the password that it finds in its folder."""
    folder.mkdir(mode=0o700)
    file = folder / "password"
    file.touch(0o600)
    file.write_text(password)
    return folder


def _signal(server: EmbeddedValkey, number: signal.Signals) -> None:
    assert server.pid is not None
    for pid in family(server.pid):
        send(pid, number)


def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not true():
        assert time.monotonic() < deadline, f"still not so after {WITHIN_S:.0f} s"
        time.sleep(0.05)
