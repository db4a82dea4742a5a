"""Tree: copies of the checkout to break things in, and the tests run there."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.mutations.witness import FILE

ROOT = Path(__file__).parents[2]
TESTS_MAX_S = 300.0


def copy_checkout(to: Path) -> None:
    """What git knows of, and what it would be told of: as it stands in the checkout now."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, names.split("\0")):
        source, target = ROOT / name, to / name
        if source.is_file():  # one that was removed is still listed
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)


def run_tests(
    tree: Path, tests: Sequence[str], servers: dict[str, str], *, last_words: int = 15
) -> tuple[dict[str, str | None], str]:
    """How each of these tests ended in `tree`: None where it passed, else the exception's name.

    Also the end of what pytest said. On the interpreter of the checkout, with the code of `tree`.
    """
    notes = tree / "witness.jsonl"
    notes.write_text("")
    paths = [f"tests/{test}" for test in tests]
    argv = [sys.executable, "-m", "pytest", "-q", "-p", "tests.mutations.witness", *paths]
    # Before the checkout, which the environment's own path names.
    environ = {**os.environ, **servers, "PYTHONPATH": str(tree), FILE: str(notes)}
    with subprocess.Popen(
        argv,
        cwd=tree,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as running:
        try:
            said, _ = running.communicate(timeout=TESTS_MAX_S)
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, signal.SIGKILL)
            said, _ = running.communicate()
            said += f"\nended after {TESTS_MAX_S:.0f} s"
    endings: dict[str, str | None] = {}
    for line in notes.read_text().splitlines():
        name, exception = json.loads(line)
        endings[name] = endings.get(name) or exception
    return endings, "\n".join(said.splitlines()[-last_words:])
