"""A process whose clock is skewed reads another time everywhere, also by names bound before."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.faults import skewed_clock
from tests.house import ROOT

# In a process of its own: it can't be undone.
PROGRAM = """
from tests.faults import skewed_clock
skewed_clock.install()
import json, os, sys, time
from datetime import UTC, date
from pathlib import Path
import issuance.queue.worker
from waitroom.tokens.ticket import TicketSigner

bound = TicketSigner.__init__.__kwdefaults__["now"]
folder = Path(sys.argv[1])

def offsets():
    clock = time.clock_gettime(time.CLOCK_REALTIME)
    now = issuance.queue.worker.datetime
    readings = {
        "bound before": bound(),
        "time": time.time(),
        "time_ns": time.time_ns() / 1e9,
        "now": now.now(UTC).timestamp(),
        "now without a zone": now.now().timestamp(),
        "today": now.today().timestamp(),
        "gmtime": time.mktime(time.gmtime()) - time.mktime(time.gmtime(0)),
    }
    return {name: reading - clock for name, reading in readings.items()}

def in_fork(work):
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        work()
        sys.stdout.flush()
        os._exit(0)
    os.waitpid(pid, 0)

def say(who):
    print(json.dumps([who, offsets(), time.monotonic()]))

def command():
    skewed_clock.follow(folder / "web")
    say("web")
    for number in range(3):
        in_fork(lambda: say(f"child {number}"))
    skewed_clock.write_offset(folder / "web", -5.0)
    say("web, stepped")

def interrupted_command():
    read, sleeps_s = time.time, [0.1]
    def read_late():
        if sleeps_s:
            time.sleep(sleeps_s.pop())
        return read()
    time.time = read_late
    skewed_clock.follow(folder / "interrupted")

say("before")
in_fork(command)
in_fork(interrupted_command)
say("after")
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clocks")
    skewed_clock.write_offset(path / "web", 60.0)
    skewed_clock.write_offset(path / "interrupted", 60.0)
    skewed_clock.write_offset(path / "web process 0", 0.25)
    skewed_clock.write_offset(path / "web process 1", -300.0)
    skewed_clock.statements_beside(path / "web").touch()
    return path


@pytest.fixture(scope="module")
def said(folder: Path) -> dict[str, tuple[dict[str, float], float]]:
    argv = [sys.executable, "-c", PROGRAM, str(folder)]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    lines: list[Any] = [json.loads(line) for line in done.stdout.splitlines()]
    return {who: (offsets, monotonic_s) for who, offsets, monotonic_s in lines}


@pytest.mark.parametrize(
    ("who", "offset_s"),
    [
        ("before", 0),
        ("web", 60),
        ("child 0", 0.25),
        ("child 1", -300),
        ("child 2", 0.25),  # it takes the place of the first one
        ("web, stepped", -5),
        ("after", 0),
    ],
)
def test_every_reading_of_the_time_is_off_by_the_same(said, who, offset_s):
    offsets, _ = said[who]

    gmtime = offsets.pop("gmtime", None)
    assert gmtime is None or abs(gmtime - offset_s) < 1.1  # whole seconds
    assert {name: pytest.approx(offset_s, abs=0.05) for name in offsets} == offsets


def test_clocks_that_only_go_forward_stay_as_they_are(said):
    monotonic = [monotonic_s for _, monotonic_s in said.values()]

    assert monotonic == sorted(monotonic)
    assert monotonic[-1] - monotonic[0] < 30


@pytest.fixture(scope="module")
def statements(said: object, folder: Path) -> list[dict[str, Any]]:
    lines = skewed_clock.statements_beside(folder / "web").read_text().splitlines()
    return [json.loads(line) for line in lines]


def test_a_statement_that_was_interrupted_is_repeated(statements):
    (one,) = [one for one in statements if one["clock"] == "interrupted"]

    assert one["after_s"] - one["before_s"] < skewed_clock.STATED_WITHIN_S


def test_each_process_states_its_time_at_first_and_after_a_step(statements):
    statements = [one for one in statements if one["clock"].startswith("web")]

    offset_s = statements[0]["time_s"] - statements[0]["before_s"] - 60
    seen = [(one["clock"], one["time_s"] - one["before_s"] - offset_s) for one in statements]
    assert seen == [
        ("web", pytest.approx(60)),
        ("web process 0", pytest.approx(0.25, abs=0.05)),
        ("web process 1", pytest.approx(-300, abs=0.05)),
        ("web process 0", pytest.approx(0.25, abs=0.05)),
        ("web", pytest.approx(-5, abs=0.05)),
    ]
    for one in statements:
        assert one["datetime_s"] == pytest.approx(one["time_s"], abs=0.05)
