"""Whole numbers that all processes of one web command add to, and any can sum.

Each process counts in a file of its own, mapped into its memory: counting is adding to an integer,
and what was counted outlives the process that is killed. A file belongs to who holds its lock. The
kernel lets go of a dead one's, and the process that replaces it goes on counting where it stood.
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
    """`cells` numbers of this process, all 0 at first; `folder`: None where it counts alone.

    Only `now` of the cells, the first ones, say how something is at present: they begin at 0 again
    in a process that replaces another, and count for nothing while it is dead.
    """

    def __init__(self, folder: Path | None, *, cells: int, now: int) -> None:
        self._folder = folder
        self._size = cells * CELL_BYTES
        self._now = now
        if folder is None:
            self.own = memoryview(bytearray(self._size)).cast("Q")
            return
        self._name, self._file = self._taken(folder)
        # One writer a file, and numbers of a machine word: a reader sees the old one or the new.
        self.own = memoryview(mmap.mmap(self._file, self._size)).cast("Q")
        for cell in range(now):
            self.own[cell] = 0

    def total(self) -> tuple[list[int], int]:
        """The sum of all processes, cell by cell, and how many processes live."""
        rows, living = [list(self.own)], 1
        for path in self._others():
            row, lives = self._read(path)
            living += lives
            rows.append(row if lives else [0] * self._now + row[self._now :])
        return [sum(column) for column in zip(*rows, strict=True)], living

    def _taken(self, folder: Path) -> tuple[str, int]:
        """The first file that nobody alive counts in."""
        for number in count():
            assert number < PROCESSES_MAX, "more processes than a web command may have"
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
        # Of a process that is only just starting there is nothing yet.
        return list(memoryview(content.ljust(self._size, b"\0")).cast("Q")), lives


def _lock(file: int, kind: int) -> bool:
    """False where another process holds it; it is let go when the file is closed."""
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
