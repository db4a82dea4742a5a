"""The folder of counts goes with its command, also where that was killed."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from processes.counts_folder import LOCK, PREFIX, open_counts_folder

ROOT = Path(__file__).parents[2]
# Opens a folder, names it, and keeps it until its input ends.
COMMAND = """
import sys
from processes.counts_folder import open_counts_folder
with open_counts_folder() as folder:
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def temporary(tmp_path, monkeypatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def command(tmp_path):
    """Starts a process with a folder of its own; returns both."""
    started = []

    def start() -> tuple[subprocess.Popen[str], Path]:
        process = subprocess.Popen(
            [sys.executable, "-c", COMMAND], cwd=ROOT, env=os.environ | {"TMPDIR": str(tmp_path)},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        started.append(process)
        return process, Path(process.stdout.readline().strip())

    yield start
    for process in started:
        with process:
            process.kill()


def test_a_folder_is_deleted_as_its_command_ends(temporary):
    with open_counts_folder() as folder:
        (folder / "0.counts").touch()

    assert list(temporary.iterdir()) == []


def test_the_folder_of_a_killed_command_is_deleted_by_the_next(temporary, command):
    killed, folder = command()
    (folder / "0.counts").touch()
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()

    with open_counts_folder() as own:
        found = list(temporary.iterdir())

    assert found == [own]


def test_the_folder_of_a_running_command_stays(temporary, command):
    _, folder = command()

    with open_counts_folder() as own:
        found = set(temporary.iterdir())

    assert found == {folder, own}


def test_a_folder_without_a_lock_or_of_somebody_else_stays(temporary):
    of_an_earlier_release = temporary / f"{PREFIX}earlier"
    of_an_earlier_release.mkdir()
    elsewhere = temporary / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / LOCK).touch()
    linked = temporary / f"{PREFIX}linked"
    linked.symlink_to(elsewhere)

    with open_counts_folder() as own:
        found = set(temporary.iterdir())

    assert found == {of_an_earlier_release, elsewhere, linked, own}
    assert (elsewhere / LOCK).exists()
