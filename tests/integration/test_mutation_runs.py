"""How the tests of mutations run: each run a process, with a verdict and a seed of its own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mutations import tree as tree_module
from tests.mutations.mutation import Ending
from tests.mutations.tree import ROOT, TestRunner
from tests.mutations.trial import RANDOM_TIMES_MIN, Runs

# As in pyproject.toml: plugins that take seconds to import.
WITHOUT = "-p no:valkey -p no:schemathesis -p no:locust"
TESTS = """
import os
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import product


def test_passes():
    assert product.ANSWER == 42


def test_fails():
    assert product.ANSWER == 41


def test_breaks():
    raise KeyError("x")


@pytest.fixture
def broken():
    assert False


def test_never_begins(broken):
    pass


@settings(max_examples=5)
@given(st.integers(0, 10**9))
def test_draws(number):
    with Path("drawn.txt").open("a") as drawn:
        drawn.write(f"{number}\\n")


def test_says_which_process():
    Path("pid.txt").write_text(str(os.getpid()))


def test_hangs():
    time.sleep(60)
"""


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A tree with a product, its tests, and what writes down how they end."""
    for name in ("__init__.py", "mutations/__init__.py", "mutations/witness.py"):
        target = tmp_path / "tests" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / "tests" / name, target)
    (tmp_path / "tests" / "test_it.py").write_text(TESTS)
    (tmp_path / "product.py").write_text("ANSWER = 42\n")
    (tmp_path / "pytest.ini").write_text(f"[pytest]\naddopts = {WITHOUT}\n")
    return tmp_path


@pytest.fixture(scope="module")
def runner() -> Iterator[TestRunner]:
    with TestRunner({}) as opened:
        yield opened


def test_each_test_has_a_verdict_of_its_own(made, runner):
    names = ("passes", "fails", "breaks", "never_begins")
    found, output = runner.run(made, [f"test_it.py::test_{name}" for name in names], seed=1)

    assert found == {
        "tests/test_it.py::test_passes": Ending(None),
        "tests/test_it.py::test_fails": Ending("AssertionError"),
        "tests/test_it.py::test_breaks": Ending("KeyError"),
        "tests/test_it.py::test_never_begins": Ending("AssertionError in setup"),
    }
    assert "2 failed" in output


def test_a_run_reads_the_tree_anew(made, runner):
    for answer, failed_with in ((42, None), (43, "AssertionError")):
        product = made / "product.py"
        product.write_text(f"ANSWER = {answer}\n")
        # Python takes a file of the same size and second for the one that it has compiled.
        os.utime(product, (answer, answer))
        found, _ = runner.run(made, ["test_it.py::test_passes"], seed=1)

        assert found["tests/test_it.py::test_passes"] == Ending(failed_with)


def test_each_run_is_a_process_of_its_own(made, runner):
    pids = set()
    for _ in range(2):
        runner.run(made, ["test_it.py::test_says_which_process"], seed=1)
        pids.add((made / "pid.txt").read_text())

    assert len(pids) == 2


def test_a_seed_decides_what_is_drawn(made, runner):
    drawn = []
    for seed in (7, 7, 8):
        (made / "drawn.txt").write_text("")
        found, _ = runner.run(made, ["test_it.py::test_draws"], seed=seed)
        drawn.append((made / "drawn.txt").read_text())

        assert found["tests/test_it.py::test_draws"].draws_at_random
    assert drawn[0] == drawn[1] != drawn[2]


def test_what_does_not_end_is_killed_and_the_next_one_runs(made, runner, monkeypatch):
    monkeypatch.setattr(tree_module, "TESTS_MAX_S", 5.0)

    found, output = runner.run(made, ["test_it.py::test_hangs"], seed=1)
    after, _ = runner.run(made, ["test_it.py::test_passes"], seed=1)

    assert found == {}
    assert "killed after 5 s" in output
    assert after == {"tests/test_it.py::test_passes": Ending(None)}


def test_what_draws_at_random_runs_more_often_each_time_by_another_seed():
    runs = Runs(times=3, first_seed=100, random_tests=frozenset({"a"}))

    assert (runs.times_of("a"), runs.times_of("b")) == (RANDOM_TIMES_MIN, 3)
    assert [runs.seed_of(run) for run in (1, 2, 10)] == [100, 101, 109]
