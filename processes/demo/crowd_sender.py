"""The demo's button that sends a crowd, as a process that ends with the web's."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from processes.child_process import spawn


class CrowdSender:
    """Sends one crowd at a time, from a process of its own: this one has members to answer."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._sent: subprocess.Popen[bytes] | None = None

    def send(self, code: str, members: int) -> bool:
        """False where an earlier crowd is still under way."""
        if self._sent is not None and self._sent.poll() is None:
            return False
        # -P: a folder called `web` where the demo happens to be started must not be taken for ours.
        argv = [sys.executable, "-P", "-m", "cli", "crowd", code, "--members", str(members)]
        argv += ["--url", self._base_url, "--anywhere"]  # it is this one
        self._sent = spawn(argv, env=os.environ, log=Path(os.devnull))
        return True

    def close(self) -> None:
        """End a crowd that is under way."""
        if self._sent is not None and self._sent.poll() is None:
            self._sent.terminate()
            self._sent.wait()
