"""A spawned child is quiet, leaves terminals alone and goes when its parent goes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from processes.child_process import free_port, port_is_free, spawn, stop
from tests.house import ROOT
from tests.needs import needs

# A parent whose trampoline is told that this system can't signal a parent's death.
WATCHED = """
import os, sys, time
from processes import child_process as child
if sys.argv[1] == "parent":
    child.subprocess.Popen([sys.executable, "-c", sys.argv[2], "trampoline", str(os.getpid())])
    time.sleep(60)
child.linux_prctl = lambda: None
program = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
child._become(int(sys.argv[2]), 15, "", [sys.executable, "-c", program])
"""


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A process that ended but was not waited for, as no init collects orphans in a container.
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rsplit(")", 1)[1].split()[0] != "Z"


def test_a_child_writes_to_the_log_and_reads_nothing(tmp_path: Path) -> None:
    log = tmp_path / "log"
    program = "import sys; print(repr(sys.stdin.read()), file=sys.stderr)"

    spawn([sys.executable, "-c", program], log=log).wait()
    spawn([sys.executable, "-c", program], log=log).wait()

    assert log.read_text() == "''\n''\n"


def test_a_ctrl_c_in_the_terminal_does_not_reach_the_child(tmp_path: Path) -> None:
    child = spawn([sys.executable, "-c", "input()"], log=tmp_path / "log")

    assert os.getsid(child.pid) != os.getsid(0)
    child.wait()


def test_a_program_that_is_not_there_is_named_in_the_log(tmp_path: Path) -> None:
    log = tmp_path / "log"

    code = spawn(["no-such-program"], log=log).wait()

    assert code == 127
    assert "no-such-program could not be started" in log.read_text()


def test_a_child_that_ignores_its_signal_is_killed_after_the_grace(tmp_path: Path) -> None:
    log = tmp_path / "log"
    program = "import signal, time; signal.signal(15, signal.SIG_IGN); print(1, flush=True)"
    child = spawn([sys.executable, "-c", program + "; time.sleep(60)"], log=log)
    while not log.read_text():
        time.sleep(0.02)

    code = stop(child, signal=signal.SIGTERM, grace_s=0.2)

    assert code == -signal.SIGKILL


def test_where_the_kernel_cannot_help_a_watcher_ends_the_orphan() -> None:
    argv = [sys.executable, "-c", WATCHED, "parent", WATCHED]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        orphan = int(parent.stdout.readline())
        assert is_running(orphan)
        parent.kill()

    give_up = time.monotonic() + 30
    while is_running(orphan) and time.monotonic() < give_up:
        time.sleep(0.05)

    assert not is_running(orphan)


@needs("root")
def test_root_can_start_a_child_as_somebody_else_who_still_dies_with_us(tmp_path: Path) -> None:
    log = tmp_path / "log"

    spawn(["/usr/bin/env", "id", "-un"], log=log, user="nobody").wait()

    assert log.read_text().strip() == "nobody"


def test_a_free_port_is_free() -> None:
    assert port_is_free(free_port())


def test_two_processes_never_choose_the_same_port() -> None:
    """Though its server binds it later: each is offered the port that the other has chosen."""
    chosen = free_port()
    choose = (
        "import itertools, sys; from processes import child_process as child; "
        "offers = itertools.count(int(sys.argv[1]) - 20_000); "
        "child.secrets.randbelow = lambda _: next(offers); print(child.free_port())"
    )
    argv = [sys.executable, "-c", choose, str(chosen)]

    other = subprocess.run(argv, cwd=ROOT, check=True, capture_output=True, text=True, timeout=30)

    assert chosen < int(other.stdout)
