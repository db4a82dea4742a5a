"""Tree: copies the checkout, and runs tests in the copies."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from tests.mutations.mutation import Ending
from tests.mutations.witness import FILE

ROOT = Path(__file__).parents[2]
FORK_SERVER = Path(__file__).with_name("fork_server.py")
TESTS_MAX_S = 300.0
LAST_LINES = 15


def copy_checkout(to: Path) -> None:
    """The tracked and the untracked files of the checkout, in their present state."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, names.split("\0")):
        source, target = ROOT / name, to / name
        if source.is_file():  # git still lists deleted files
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)


class TestRunner:
    """A context manager that runs tests of a tree in its fork server, one run at a time."""

    __test__ = False  # pytest collects classes of this name

    def __init__(self, servers: dict[str, str]) -> None:
        self._environ = {**os.environ, **servers}
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(FORK_SERVER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.communicate()

    def run(
        self, tree: Path, tests: Sequence[str], *, seed: int, last_lines: int = LAST_LINES
    ) -> tuple[dict[str, Ending], str]:
        """The results of these tests in `tree`, by name, and the last lines of pytest.

        Uses the checkout's interpreter and the code of `tree`. seed: for Hypothesis.
        """
        notes, output = tree / "witness.jsonl", tree / "pytest.txt"
        notes.write_text("")
        code = self._ask(
            tree=str(tree),
            arguments=[
                *("-q", "-p", "tests.mutations.witness", f"--hypothesis-seed={seed}"),
                # The fork server has already imported some plugins.
                *("-W", "ignore::pytest.PytestAssertRewriteWarning"),
                *(f"tests/{test}" for test in tests),
            ],
            environ={**self._environ, "PYTHONPATH": str(tree), FILE: str(notes)},
            output=str(output),
            limit_s=TESTS_MAX_S,
        )
        lines = output.read_text(errors="replace").splitlines()[-last_lines:]
        if code is None:
            lines.append(f"killed after {TESTS_MAX_S:.0f} s")
        return _endings(notes), "\n".join(lines)

    def _ask(self, **asked: object) -> int | None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        code: int | None = json.loads(self._process.stdout.readline())
        return code


def _endings(notes: Path) -> dict[str, Ending]:
    endings: dict[str, Ending] = {}
    for line in notes.read_text().splitlines():
        name, exception, draws_at_random = json.loads(line)
        before = endings.get(name)
        endings[name] = Ending((before and before.failed_with) or exception, draws_at_random)
    return endings
