"""Power cut: truncates Redis' append-only file by the last second, as a crash of its host would."""

from __future__ import annotations

import asyncio
import os
from collections import deque
from contextlib import suppress
from pathlib import Path

NOTE_EVERY_S = 0.1
# Redis flushes the file to disk so often.
LOST_S = 1.0


class PowerCut:
    """folder: of the server's data."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lengths: deque[tuple[float, Path, int]] = deque(maxlen=50)

    async def note_lengths(self) -> None:
        """Record the length of the file, every NOTE_EVERY_S, for ever."""
        loop = asyncio.get_running_loop()
        while True:
            for path in self._append_only():
                with suppress(FileNotFoundError):
                    self._lengths.append((loop.time(), path, path.stat().st_size))
            await asyncio.sleep(NOTE_EVERY_S)

    def forget_the_last_second(self) -> None:
        """Truncate the file of a killed server to its length of a second ago."""
        until_s = asyncio.get_running_loop().time() - LOST_S
        for path in self._append_only():
            known = [
                size for at_s, noted, size in self._lengths if noted == path and at_s <= until_s
            ]
            if known:
                os.truncate(path, known[-1])
        self._lengths.clear()

    def _append_only(self) -> list[Path]:
        return sorted((self._folder / "appendonlydir").glob("*.incr.aof"))
