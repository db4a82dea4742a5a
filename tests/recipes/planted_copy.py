"""PlantedCopy: a copy of the checkout in which a change is planted, and the files it took."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

from tests.mutations.tree import copy_checkout
from tests.servers import Servers

ROOT = Path(__file__).parents[2]
COMMAND_MAX_S = 300
# Everything else that a change brings along: its tests, and what people read.
NOT_CODE = (
    "tests/", "docs/",
    "CHANGELOG.md", "CONTRIBUTING.md", "README.md", "SECURITY.md", "UPGRADING.md",
)  # fmt: skip


class PlantedCopy:
    """A copy of the checkout. `changed_files` are those that differ from it since."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        copy_checkout(folder)
        self._before = self._digests()

    def replace(self, file: str, old: str, new: str) -> None:
        """Replace the one place in `file` that says `old`. Raises ValueError where it isn't one."""
        path = self.folder / file
        text = path.read_text("utf-8")
        if text.count(old) != 1:
            raise ValueError(f"{file} says {old!r} {text.count(old)} times")
        path.write_text(text.replace(old, new), "utf-8")

    def write(self, file: str, text: str) -> None:
        """A file of this text, new or as before."""
        (self.folder / file).write_text(text, "utf-8")

    def run(self, *arguments: str, servers: Servers | None = None) -> str:
        """Run Python in the copy and return what it printed, on `servers` if need be.

        Raises AssertionError with the output where it fails.
        """
        environ = os.environ | {"PYTHONPATH": str(self.folder), "PYTHONDONTWRITEBYTECODE": "1"}
        if servers is not None:
            environ |= {"REDIS_URL": servers.redis_url, "DATABASE_URL": servers.database_url}
        ended = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder,
            env=environ,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=COMMAND_MAX_S,
            check=False,
        )
        assert ended.returncode == 0, ended.stdout[-8_000:]
        return ended.stdout

    def run_tests(self, *tests: str, servers: Servers | None = None) -> str:
        """Run these tests of the copy. Raises AssertionError where one fails."""
        return self.run(
            "-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider", *tests, servers=servers
        )

    def changed_files(self) -> list[str]:
        """Every file that was added, changed or removed since the copy was made."""
        now = self._digests()
        names = self._before.keys() | now.keys()
        return sorted(name for name in names if self._before.get(name) != now.get(name))

    def changed_code_files(self) -> list[str]:
        """`changed_files` without tests and documents."""
        return [name for name in self.changed_files() if not name.startswith(NOT_CODE)]

    def _digests(self) -> dict[str, str]:
        return {
            path.relative_to(self.folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in self.folder.rglob("*")
            if path.is_file()
            and "__pycache__" not in path.parts
            and ".hypothesis" not in path.parts
        }


def files_of_recipe(heading: str) -> list[str]:
    """The files that a recipe of CONTRIBUTING.md names, in its order: one a list item, first."""
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    _, found, section = text.partition(f"### {heading}\n")
    assert found, f"CONTRIBUTING.md has no recipe {heading!r}"
    section = re.split(r"^##", section, maxsplit=1, flags=re.MULTILINE)[0]
    return re.findall(r"^\d+\. `([^`]+)`", section, flags=re.MULTILINE)
