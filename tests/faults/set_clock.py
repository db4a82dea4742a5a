"""Set clock: a Redis server whose clock can be set while it runs, by libfaketime."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from unittest.mock import patch

from processes.embedded import EmbeddedValkey
from tests.faults.pair import clock_library


class ValkeyWithClock(EmbeddedValkey):
    """Its clock is right until it is set; without libfaketime, for ever."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._offset = folder.with_name(f"{folder.name} clock")
        self.set_clock(0.0)

    def set_clock(self, off_by_s: float) -> None:
        """Set its clock off the host's. Its monotonic clock stays right."""
        new = self._offset.with_suffix(".new")
        new.write_text(f"{off_by_s:+}\n")
        new.chmod(0o644)  # the server may run as another user
        new.rename(self._offset)

    def _launch(self, lock: int) -> subprocess.Popen[bytes]:
        faked = {
            "LD_PRELOAD": clock_library(),
            "FAKETIME_TIMESTAMP_FILE": str(self._offset),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
        with patch.dict(os.environ, faked if clock_library() else {}):
            return super()._launch(lock)
