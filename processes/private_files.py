"""Private files: keeps our data folders readable only by their owner."""

from __future__ import annotations

import os
import stat
from pathlib import Path

# For the programs that we start, so that their files are private too.
UMASK = 0o077
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
# Allows to pass through to a known path, but not to list.
_PASSABLE = stat.S_IXGRP | stat.S_IXOTH


def make_private(
    folder: Path, *, passable: bool = False, leave: frozenset[str] = frozenset()
) -> None:
    """Create the folder if missing, and remove other users' permissions from it and its contents.

    passable: keep it 0711, for another user who must pass through. leave: names in it to skip.
    Raises OSError.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _restrict(folder, _PASSABLE if passable else 0)
    for entry in os.scandir(folder):
        if entry.name in leave or entry.is_symlink():
            continue
        if entry.is_dir():
            make_private(Path(entry.path))
        else:
            _restrict(Path(entry.path), 0)


def _restrict(path: Path, allowed: int) -> None:
    mode = stat.S_IMODE(path.stat().st_mode)
    wanted = mode & ~_OTHERS | allowed
    if wanted != mode:
        path.chmod(wanted)
