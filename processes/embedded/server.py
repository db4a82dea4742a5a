"""EmbeddedServer: what the embedded servers share: a locked folder, a port, a password, a log."""

import contextlib
import fcntl
import os
import secrets
import shutil
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar, Self

from processes.child_process import free_port, port_is_free, stop
from processes.private_files import make_private

START_MAX_S = 60.0
STOP_MAX_S = 20.0
# Time for a server whose parent was just killed to shut down.
LEAVING_MAX_S = 5.0
# The same for our own server's processes on a busy machine, as nobody else may run there.
ERASING_MAX_S = 60.0
LOG_LINES = 12
# A port that was free when it was chosen may be taken when the server starts.
PORT_TRIES = 3
PORT_TAKEN = "Address already in use"  # in both servers' logs


class EmbeddedServerError(RuntimeError):
    """An embedded server failed; the message has the reason."""


class PortTakenError(EmbeddedServerError):
    """Another process has taken its port."""


class EmbeddedServer(ABC):
    """A server on 127.0.0.1 that keeps its data, port and password in `folder`.

    A context manager; `start()` and `stop()` may be repeated. port: a fixed port; by default a free
    one is chosen once and kept. durable: False for tests; a crash of the machine may then lose
    writes. Raises EmbeddedServerError.
    """

    name: ClassVar[str]
    stop_signal: ClassVar[signal.Signals]

    def __init__(self, folder: Path, *, port: int | None = None, durable: bool = True) -> None:
        self.folder = folder.absolute()
        self.durable = durable
        self.log = self.folder / "server.log"
        self.port = 0
        self._fixed_port = port
        self._password = ""
        self._process: subprocess.Popen[bytes] | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """The URL for clients, with the password."""

    @abstractmethod
    def _launch(self, lock: int) -> subprocess.Popen[bytes]:
        """Create the data if missing, and start the program, which inherits `lock`."""

    @abstractmethod
    def _is_ready(self) -> bool:
        """Whether the started program accepts clients."""

    @property
    def pid(self) -> int | None:
        """The running server's pid; None if it does not run."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def start(self) -> None:
        """Start with the existing data, and return once it accepts clients."""
        if self.pid is not None:
            return
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for _ in range(PORT_TRIES - 1):
                with contextlib.suppress(PortTakenError):
                    self._start_once()
                    return
            self._start_once()
        except OSError as reason:
            self.stop()
            raise EmbeddedServerError(
                f"{self.name} can't use {self.folder}: {reason}. If another user created the "
                "folder, run this as that user, delete it, or run this in another folder."
            ) from reason
        except BaseException:
            self.stop()
            raise

    def _close_folder(self) -> None:
        make_private(self.folder)

    def _start_once(self) -> None:
        with self._sole_use() as lock:
            self._close_folder()
            self._password = self._kept("password", lambda: secrets.token_urlsafe(24))
            self.port = self._choose_port()
            if self.log.exists():
                self.log.replace(self.log.with_suffix(".log.1"))
            self._process = self._launch(lock)
        self._wait_until_ready()

    def stop(self) -> None:
        """Shut the server down; its data stays."""
        if self._process is not None:
            stop(self._process, signal=self.stop_signal, grace_s=STOP_MAX_S)
            self._process = None

    def erase(self) -> None:
        """Stop, and delete the folder with all data."""
        self.stop()
        if self.folder.exists():
            with self._sole_use(within_s=ERASING_MAX_S):
                shutil.rmtree(self.folder)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @contextlib.contextmanager
    def _sole_use(self, *, within_s: float | None = None) -> Iterator[int]:
        """Hold the folder's lock. The server inherits it, and holds it until its last process ends.

        within_s: how long to wait for that; LEAVING_MAX_S by default.
        So a free lock proves that no earlier server still writes here. A pid file can't prove it:
        another process may have the pid now.
        """
        lock = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        give_up = time.monotonic() + (LEAVING_MAX_S if within_s is None else within_s)
        try:
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > give_up:
                        raise EmbeddedServerError(
                            f"{self.name} already runs in {self.folder}, perhaps for another "
                            "demo. Stop that demo, or start this one in another folder."
                        ) from None
                    time.sleep(0.1)
            yield lock
        finally:
            os.close(lock)

    def _choose_port(self) -> int:
        kept = self._fixed_port or int(self._kept("port", lambda: str(free_port())))
        if port_is_free(kept):
            return kept
        if self._fixed_port is not None:
            raise EmbeddedServerError(
                f"{self.name} can't listen on port {kept}: another program uses it."
            )
        (self.folder / "port").unlink()
        return int(self._kept("port", lambda: str(free_port())))

    def _kept(self, name: str, make: Callable[[], str]) -> str:
        """The text of this file in the folder; `make` creates it if it is missing."""
        path = self.folder / name
        if not path.exists():
            new = path.with_name(name + ".new")
            new.unlink(missing_ok=True)
            new.touch(mode=0o600)
            new.write_text(make())
            new.replace(path)
        return path.read_text().strip()

    def _wait_until_ready(self) -> None:
        give_up = time.monotonic() + START_MAX_S
        while not self._is_ready():
            if self.pid is None:
                is_taken = any(PORT_TAKEN in line for line in self._log_tail())
                kind = PortTakenError if is_taken else EmbeddedServerError
                raise self._error("ended while starting", kind)
            if time.monotonic() > give_up:
                raise self._error(f"did not answer within {START_MAX_S:.0f} s")
            time.sleep(0.02)

    def _log_tail(self) -> list[str]:
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return lines[-LOG_LINES:]

    def _error(
        self, what: str, kind: type[EmbeddedServerError] = EmbeddedServerError
    ) -> EmbeddedServerError:
        tail = "\n".join(f"  {line}" for line in self._log_tail()) or "  (nothing)"
        return kind(f"{self.name} {what}. The end of its log, {self.log}:\n{tail}")


def wheel_folder(package: str, wheel: str) -> Path:
    """The folder of an installed package, which is not imported. Raises EmbeddedServerError."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedServerError(
            f"The package {wheel} is missing. `python3 run.py demo` installs it. Or set "
            "DATABASE_URL and REDIS_URL to use your own servers."
        )
    return Path(next(iter(spec.submodule_search_locations)))
