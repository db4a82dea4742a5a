"""The servers that Debian packages, started here on free ports, as an ordinary user."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from processes.child_process import free_port, spawn, stop
from tests.witnesses.packages import CADDY

START_WITHIN_S = 30.0
STOP_WITHIN_S = 15.0
PASSWORD = "a-password-of-the-witnesses"

_REDIS = """
bind 127.0.0.1
port {port}
dir {folder}
save ""
appendonly no
requirepass {password}
"""
_PGBOUNCER = """
[databases]
* = host=127.0.0.1 port={postgres} user=postgres

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
max_client_conn = 1000
default_pool_size = {pool}
server_lifetime = 30
logfile = {folder}/pgbouncer.log
pidfile = {folder}/pgbouncer.pid
"""


class ServerFailed(Exception):
    """A server of Debian's did not start; its log is in the text."""


@contextmanager
def debian_redis(folder: Path) -> Iterator[str]:
    """Debian's Redis, with a password; its URL."""
    port = free_port()
    config = _own(folder / "redis") / "redis.conf"
    config.write_text(_REDIS.format(port=port, folder=config.parent, password=PASSWORD))
    with _running(["redis-server", str(config)], config.parent, port):
        yield f"redis://:{PASSWORD}@127.0.0.1:{port}/0"


@contextmanager
def debian_postgres(folder: Path, programs: Path) -> Iterator[str]:
    """Debian's Postgres, whose programs are in this folder; the URL of its superuser."""
    home = _own(folder / "postgres")
    made = [str(programs / "initdb"), "-D", "data", "-U", "postgres", "--auth=trust"]
    _complete([*made, "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8"], home)
    with _running_postgres(home, programs) as url:
        yield url


@contextmanager
def debian_standby(folder: Path, programs: Path, primary_port: int) -> Iterator[str]:
    """A streaming standby of the Postgres on this port; the URL of its superuser."""
    home = _own(folder / "standby")
    primary = f"postgresql://postgres@127.0.0.1:{primary_port}"
    copied = [str(programs / "pg_basebackup"), "-D", "data", "-R", "-X", "stream", "-d", primary]
    _complete([*copied, "--checkpoint=fast", "--no-sync"], home)
    with _running_postgres(home, programs) as url:
        yield url


@contextmanager
def _running_postgres(home: Path, programs: Path) -> Iterator[str]:
    port = free_port()
    settings = (
        "listen_addresses=127.0.0.1", f"port={port}", "unix_socket_directories=",
        "max_connections=200", "fsync=off", "full_page_writes=off",
    )  # fmt: skip
    argv = [str(programs / "postgres"), "-D", str(home / "data")]
    for setting in settings:
        argv += ["-c", setting]
    with _running(argv, home, port, stop_signal=signal.SIGINT):
        yield f"postgresql://postgres@127.0.0.1:{port}/postgres"


@contextmanager
def pgbouncer(folder: Path, postgres_port: int, *, pool: int = 4) -> Iterator[int]:
    """Debian's pgbouncer in transaction mode, before this Postgres; the port it listens on.

    pool: connections to Postgres for each database; fewer than clients, so that they are shared.
    """
    home, port = _own(folder / "pgbouncer"), free_port()
    config = home / "pgbouncer.ini"
    words = {"postgres": postgres_port, "port": port, "folder": home, "pool": pool}
    config.write_text(_PGBOUNCER.format(**words))
    with _running(["pgbouncer", str(config)], home, port):
        yield port


@contextmanager
def haproxy(folder: Path, config: str, port: int) -> Iterator[None]:
    """Debian's HAProxy with this configuration, which listens on `port`."""
    home = _own(folder / "haproxy")
    path = home / "haproxy.cfg"
    path.write_text(config)
    _complete(["haproxy", "-c", "-f", str(path)], home)
    with _running(["haproxy", "-db", "-f", str(path)], home, port):
        yield


@contextmanager
def nginx(folder: Path, config: str, port: int) -> Iterator[None]:
    """Debian's nginx with this configuration, which listens on `port`."""
    home = _own(folder / "nginx")
    path = home / "nginx.conf"
    path.write_text(config)
    argv = ["nginx", "-p", str(home), "-c", str(path), "-e", str(home / "error.log")]
    _complete([*argv, "-t"], home)
    with _running([*argv, "-g", "daemon off;"], home, port):
        yield


@contextmanager
def caddy(folder: Path, config: str, port: int) -> Iterator[None]:
    """PyPI's Caddy with this configuration, which listens on `port`; as ourselves."""
    (folder / "Caddyfile").write_text(config)
    argv = [str(CADDY), "run", "--config", "Caddyfile", "--adapter", "caddyfile"]
    with _running(argv, folder, port, as_ourselves=True):
        yield


def _own(folder: Path) -> Path:
    """A folder of the user's as whom servers run."""
    folder.mkdir(mode=0o755)
    if (user := _user()) is not None:
        shutil.chown(folder, user)
    return folder


def _user() -> str | None:
    """As whom to run: Postgres refuses to run as root. None: as ourselves."""
    return pwd.getpwnam("nobody").pw_name if os.geteuid() == 0 else None


def _complete(argv: Sequence[str], home: Path) -> None:
    """Run a program to its end. Raises ServerFailed."""
    user = _user()
    account = pwd.getpwnam(user) if user else None
    done = subprocess.run(
        argv,
        cwd=home,
        env=_environment(),
        user=user,
        group=account.pw_gid if account else None,
        extra_groups=() if account else None,
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise ServerFailed(f"{argv[0]} ended with {done.returncode}:\n{done.stdout}{done.stderr}")


@contextmanager
def _running(
    argv: Sequence[str],
    home: Path,
    port: int,
    *,
    stop_signal: signal.Signals = signal.SIGTERM,
    as_ourselves: bool = False,
) -> Iterator[None]:
    log = home / "output.log"
    environ = {**_environment(), "HOME": str(home)}
    user = None if as_ourselves else _user()
    process = spawn(argv, env=environ, cwd=home, log=log, user=user)
    try:
        _wait_until(lambda: _listens(port), process, argv[0], log)
        yield
    finally:
        stop(process, signal=stop_signal, grace_s=STOP_WITHIN_S)


def _wait_until(
    true: Callable[[], bool], process: subprocess.Popen[bytes], name: str, log: Path
) -> None:
    give_up = time.monotonic() + START_WITHIN_S
    while not true():
        if process.poll() is not None or time.monotonic() > give_up:
            raise ServerFailed(f"{name} did not start:\n{log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.05)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _environment() -> dict[str, str]:
    """PG* and the locale of whoever started us must not leak into a server."""
    return {"PATH": f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin", "LC_ALL": "C"}


def read_until(stream: socket.socket, wanted: bytes) -> bytes:
    """What comes, up to these bytes; fails where the stream ends, or is silent, without them."""
    seen = b""
    while wanted not in seen:
        part = stream.recv(65_536)
        assert part, f"it ended without {wanted!r}: {seen!r}"
        seen += part
    return seen
