"""Counts folder: where the processes of one web command count, deleted even if they are killed."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = "waitroom-counts-"
LOCK = "lock"


@contextmanager
def open_counts_folder() -> Iterator[Path]:
    """A new folder, which belongs to this process while it lives. Deletes abandoned ones first."""
    _delete_abandoned()
    with tempfile.TemporaryDirectory(prefix=PREFIX) as name:
        folder = Path(name)
        new = folder / "lock.new"
        with new.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            # Only now does it have the name that others look for, who delete an unlocked folder.
            new.rename(folder / LOCK)
            yield folder


def _delete_abandoned() -> None:
    """Delete the folders of commands that were killed; the kernel has released their locks.

    Folders of earlier releases have no lock, and stay.
    """
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError):
            if folder.is_symlink() or folder.stat().st_uid != os.getuid():
                continue
            with (folder / LOCK).open() as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder)
