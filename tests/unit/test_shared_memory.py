"""What processes count together: nothing is lost with one of them, and nothing counted twice."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from web.middleware.shared_memory import SharedCounters

# Adds what it is told to its cells, then is there until it is killed.
COUNTING = """
import sys
from pathlib import Path
from web.middleware.shared_memory import SharedCounters
counts = SharedCounters(Path(sys.argv[1]), cells=3, now=1)
for cell, more in enumerate(sys.argv[2:]):
    counts.own[cell] += int(more)
print(*counts.own, flush=True)
sys.stdin.read()
"""
ROOT = Path(__file__).parents[2]


@pytest.fixture
def counting(tmp_path):
    """Starts a process that counts there, and ends all of them."""
    started = []

    def start(*more: int) -> subprocess.Popen[str]:
        argv = [sys.executable, "-c", COUNTING, str(tmp_path), *map(str, more)]
        pipe = subprocess.PIPE
        process = subprocess.Popen(argv, cwd=ROOT, stdin=pipe, stdout=pipe, text=True)
        started.append(process)
        process.own = process.stdout.readline().split()
        return process

    yield start
    for process in started:
        with process:
            process.kill()


def killed(process: subprocess.Popen[str]) -> None:
    os.kill(process.pid, signal.SIGKILL)
    process.wait()


def test_who_counts_alone_has_the_sum():
    alone = SharedCounters(None, cells=3, now=1)

    alone.own[2] += 5

    assert alone.total() == ([0, 0, 5], 1)


def test_any_process_has_the_sum_of_all(tmp_path, counting):
    counting(1, 10, 100)
    counting(2, 20, 200)
    ours = SharedCounters(tmp_path, cells=3, now=1)
    ours.own[1] = 3

    assert ours.total() == ([3, 33, 300], 3)


def test_what_a_killed_process_counted_stays_but_not_what_was_so_just_then(tmp_path, counting):
    ours = SharedCounters(tmp_path, cells=3, now=1)

    killed(counting(7, 70, 700))

    assert ours.total() == ([0, 70, 700], 1)


def test_who_replaces_a_killed_process_goes_on_counting_where_it_stood(tmp_path, counting):
    ours = SharedCounters(tmp_path, cells=3, now=1)
    killed(counting(7, 70, 700))

    replaced = counting(1, 1, 1)

    assert replaced.own == ["1", "71", "701"]
    assert ours.total() == ([1, 71, 701], 2)
    assert len(list(tmp_path.iterdir())) == 2, "a process that dies again and again takes one file"


def test_a_process_that_is_only_just_starting_is_counted_as_nothing(tmp_path):
    ours = SharedCounters(tmp_path, cells=3, now=1)
    (tmp_path / "9.counts").touch()

    assert ours.total() == ([0, 0, 0], 1)
