"""PostgresPair: a primary and a streaming standby of it, both embedded."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import psycopg

from processes.embedded.postgres import NAME, EmbeddedPostgres
from tests.house import eventually
from tests.servers import open_folder

COPY_PRIMARY = Path(__file__).parent.parent / "deploy" / "ha" / "copy-primary.sh"
COPIED_WITHIN_S = 60.0


class EmbeddedStandby(EmbeddedPostgres):
    """A copy of `primary` that streams its changes until it is promoted."""

    def __init__(self, folder: Path, primary: EmbeddedPostgres) -> None:
        super().__init__(folder)
        self._primary = primary

    def _create(self, home: Path, programs: Path, user: str | None, lock: int) -> None:
        data = home / "data.new"
        data.mkdir(mode=0o700)
        if user is not None:
            shutil.chown(data, user)
        # As deploy/compose.ha.yaml copies it.
        found = [
            f"PATH={programs}:/usr/bin:/bin",
            f"PGDATA={data}",
            f"PRIMARY_URL={self._primary.url}",
        ]
        # Its text, as this user may not be able to read our folder.
        argv = ["env", *found, "sh", "-c", COPY_PRIMARY.read_text()]
        if self._run(argv, home, user, lock).wait(COPIED_WITHIN_S) != 0:
            raise self._error("could not copy its primary")
        (data / "postmaster.pid").unlink(missing_ok=True)
        data.rename(home / "data")


class Server(Protocol):
    """A running Postgres. url: of its superuser."""

    @property
    def url(self) -> str: ...

    @property
    def pid(self) -> int | None: ...


class PostgresPair:
    """standby: replicates asynchronously, until `make_synchronous`. url: leads to the primary."""

    def __init__(self, primary: Server, standby: Server, *, url: str) -> None:
        self.primary = primary
        self.standby = standby
        self.url = url

    @property
    def system_identifier(self) -> int:
        return int(run_sql(self.standby, "SELECT system_identifier FROM pg_control_system()")[0][0])

    def make_synchronous(self) -> None:
        run_sql(self.primary, "ALTER SYSTEM SET synchronous_standby_names = '*'")
        run_sql(self.primary, "SELECT pg_reload_conf()")
        state = "SELECT sync_state FROM pg_stat_replication"
        eventually(lambda: run_sql(self.primary, state) == [("sync",)])

    def catch_up(self) -> None:
        """Wait until the standby has all that the primary has written."""
        behind = "SELECT count(*) FROM pg_stat_replication WHERE replay_lsn >= pg_current_wal_lsn()"
        eventually(lambda: run_sql(self.primary, behind) == [(1,)])

    @contextmanager
    def hung_standby(self) -> Iterator[None]:
        """The standby's receiver stands still, and its connection stays open."""
        pid = run_sql(self.standby, "SELECT pid FROM pg_stat_wal_receiver")[0][0]
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def stop_replication(self) -> None:
        """From now on the standby lacks what the primary commits."""
        run_sql(self.standby, "ALTER SYSTEM SET primary_conninfo = ''")
        run_sql(self.standby, "SELECT pg_reload_conf()")
        eventually(lambda: run_sql(self.primary, "SELECT pid FROM pg_stat_replication") == [])

    def fail_over_and_fence(self) -> None:
        """Promote the standby. The old primary only takes no more writes: connections stay open."""
        run_sql(self.primary, "ALTER SYSTEM SET default_transaction_read_only = on")
        run_sql(self.primary, "SELECT pg_reload_conf()")
        eventually(lambda: run_sql(self.primary, "SHOW transaction_read_only") == [("on",)])
        self._promote()

    def kill_primary_and_promote(self) -> None:
        assert self.primary.pid is not None
        os.kill(self.primary.pid, signal.SIGQUIT)  # "immediate" shutdown
        self._promote()

    def _promote(self) -> None:
        assert run_sql(self.standby, "SELECT pg_promote()") == [(True,)]


def run_sql(server: Server, command: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(server.url, autocommit=True) as connection:
        cursor = connection.execute(command)
        return cursor.fetchall() if cursor.description else []


@contextmanager
def open_postgres_pair() -> Iterator[PostgresPair]:
    with ExitStack() as stack:
        folder = open_folder(stack)
        primary = EmbeddedPostgres(folder / "primary")
        stack.callback(primary.erase)
        primary.start()
        standby = EmbeddedStandby(folder / "standby", primary)
        stack.callback(standby.erase)
        standby.folder.mkdir(mode=0o700)
        shutil.copy2(primary.folder / "password", standby.folder)  # its data is the primary's
        standby.start()
        user, _, here = urlsplit(primary.url).netloc.rpartition("@")
        url = (
            f"postgresql://{user}@{here},127.0.0.1:{standby.port}/{NAME}"
            "?target_session_attrs=read-write"
        )
        yield PostgresPair(primary, standby, url=url)
