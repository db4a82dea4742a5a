"""Release: a tree of the product, with the interpreter that runs it."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.house import ROOT, House, Process

REQUIREMENTS = Path("requirements") / "demo.txt"
# Generous: only a failure waits so long.
WITHIN_S = 600.0
LISTS = (REQUIREMENTS, Path("requirements") / "runtime.txt")


@dataclass(frozen=True, slots=True)
class Release:
    """name: `old` or `new`, which is also the name of its log."""

    name: str
    tree: Path
    python: str

    def start(self, house: House, *words: str) -> Process:
        """Start `waitroom WORDS` of this release as a process of the house."""
        return house.run(self._argv(words), cwd=self.tree, log=self.log(house), **self._environ())

    def command(self, house: House, *words: str) -> None:
        """Run `waitroom WORDS` of this release to its end. Raises CalledProcessError."""
        environ = {**house.environ, **self._environ()}
        subprocess.run(self._argv(words), cwd=self.tree, env=environ, check=True, timeout=WITHIN_S)

    def log(self, house: House) -> Path:
        return house.log.with_name(f"{self.name}.log")

    def _argv(self, words: tuple[str, ...]) -> list[str]:
        return [self.python, "-m", "cli", *words]

    def _environ(self) -> dict[str, str]:
        # First, or the environment's path would import the checkout.
        return {"PYTHONPATH": str(self.tree)}


def this_release() -> Release:
    return Release("new", ROOT, sys.executable)


def checked_out(revision: str, folder: Path) -> Release:
    """Check out `revision` into `folder`, with a venv of its own if its requirements differ.

    Raises CalledProcessError if git does not have it.
    """
    tree = folder / "old"
    tree.mkdir()
    archive = ["git", "archive", "--format=tar", revision]
    tar = subprocess.run(archive, cwd=ROOT, check=True, capture_output=True).stdout
    subprocess.run(["tar", "-x", "-C", str(tree)], input=tar, check=True)
    if all((tree / one).read_bytes() == (ROOT / one).read_bytes() for one in LISTS):
        return Release("old", tree, sys.executable)
    python = str(folder / "venv" / "bin" / "python")
    subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
    subprocess.run([python, "requirements/install.py", REQUIREMENTS.name], cwd=tree, check=True)
    return Release("old", tree, python)
