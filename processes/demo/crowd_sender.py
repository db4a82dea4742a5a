"""CrowdSender: runs the crowd of the demo's *Send a crowd* button as a child process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from processes.child_process import spawn


class CrowdSender:
    """Sends one crowd at a time, in its own process: this one serves members."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._sent: subprocess.Popen[bytes] | None = None

    def send(self, code: str, members: int) -> bool:
        """Send a crowd. Returns False if the previous one is not done."""
        if self._sent is not None and self._sent.poll() is None:
            return False
        # -P: a folder `web` in the working directory must not shadow our package.
        argv = [sys.executable, "-P", "-m", "cli", "crowd", code, "--members", str(members)]
        argv += ["--url", self._base_url, "--anywhere"]  # this very server
        self._sent = spawn(argv, env=os.environ, log=Path(os.devnull))
        return True

    def close(self) -> None:
        """Stop a running crowd."""
        if self._sent is not None and self._sent.poll() is None:
            self._sent.terminate()
            self._sent.wait()
