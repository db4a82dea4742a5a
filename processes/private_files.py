"""Private files: what is kept in a folder of ours, nobody but its owner may read."""

from __future__ import annotations

import os
import stat
from pathlib import Path

# For the programs that we start: what they make is as private as what we make.
UMASK = 0o077
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
# Goes through to a path that it knows, but lists nothing.
_PASSABLE = stat.S_IXGRP | stat.S_IXOTH


def make_private(
    folder: Path, *, passable: bool = False, leave: frozenset[str] = frozenset()
) -> None:
    """Make the folder if need be, and take what others may do with it and all in it, down to 0700
    and 0600; also where an earlier version left it open.

    passable: another user has to go through it, 0711. leave: names in it that are left as they
    are. Raises OSError.
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
