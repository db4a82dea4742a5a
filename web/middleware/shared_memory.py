"""SharedCounters: integers that all processes of one web command add to, and any can sum.

Each process counts in a memory-mapped file of its own: counting is one addition, and the counts
survive a killed process. A file belongs to the process that holds its lock. The kernel releases a
dead process' lock, and the process that replaces it continues its counts.
"""

from __future__ import annotations

import fcntl
import mmap
import os
from collections.abc import Iterable
from itertools import count
from pathlib import Path

CELL_BYTES = 8
PROCESSES_MAX = 256


class SharedCounters:
    """cells: how many integers. folder: None for a single process.

    now: the first `now` cells are gauges: they restart at 0 in a process that replaces another,
    and a dead process' gauges don't count.
    """

    def __init__(self, folder: Path | None, *, cells: int, now: int) -> None:
        self._folder = folder
        self._size = cells * CELL_BYTES
        self._now = now
        if folder is None:
            self.own = memoryview(bytearray(self._size)).cast("Q")
            return
        self._name, self._file = self._taken(folder)
        # One writer per file and machine words, so a reader sees the old or the new value.
        self.own = memoryview(mmap.mmap(self._file, self._size)).cast("Q")
        for cell in range(now):
            self.own[cell] = 0

    def total(self) -> tuple[list[int], int]:
        """The sums of all processes by cell, and how many processes are running."""
        rows, living = [list(self.own)], 1
        for path in self._others():
            row, lives = self._read(path)
            living += lives
            rows.append(row if lives else [0] * self._now + row[self._now :])
        return [sum(column) for column in zip(*rows, strict=True)], living

    def _taken(self, folder: Path) -> tuple[str, int]:
        """The first file without a living owner, now locked by this process."""
        for number in count():
            assert number < PROCESSES_MAX, f"more than {PROCESSES_MAX} processes share {folder}"
            name = f"{number}.counts"
            file = os.open(folder / name, os.O_RDWR | os.O_CREAT, 0o600)
            if _lock(file, fcntl.LOCK_EX):
                os.ftruncate(file, self._size)
                return name, file
            os.close(file)
        raise AssertionError("count() does not end")

    def _others(self) -> Iterable[Path]:
        if self._folder is None:
            return ()
        return (path for path in self._folder.glob("*.counts") if path.name != self._name)

    def _read(self, path: Path) -> tuple[list[int], bool]:
        with path.open("rb") as file:
            content = file.read(self._size)
            lives = not _lock(file.fileno(), fcntl.LOCK_SH)
        # A process that is just starting has an empty file.
        return list(memoryview(content.ljust(self._size, b"\0")).cast("Q")), lives


def _lock(file: int, kind: int) -> bool:
    """Lock the file until it is closed; False where another process holds it."""
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
