"""Ten seeds, some at once: every promise is kept under a crowd, whatever breaks.

Three are marked slow. FAULT_SEEDS=50 runs more, and so does `python -m tests.faults`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.faults.run import story_of
from tests.faults.schedule import FAULTS_MIN, HEALED_S, draw
from tests.house import ROOT

SEEDS = range(1, 1 + int(os.environ.get("FAULT_SEEDS", "10")))
# They add no kind of fault, opening or change to those of the other seeds.
MORE_OF_THE_SAME = {3, 5, 6}
AT_ONCE = 5
WITHIN_S = 400  # on a busy machine; an idle one needs a quarter


@pytest.fixture(scope="module")
def results(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Mapping[int, dict[str, Any]]:
    """The results of the selected tests' seeds."""
    items = [item for item in request.session.items if item.path == Path(__file__)]
    seeds = ",".join(str(item.callspec.params["seed"]) for item in items if is_seeded(item))
    path: Path = tmp_path_factory.mktemp("faults") / "results.json"
    argv = [sys.executable, "-m", "tests.faults", "--seeds", seeds]
    argv += ["--at-once", str(AT_ONCE), "--json", str(path)]
    subprocess.run(argv, cwd=ROOT, env=os.environ, timeout=WITHIN_S, check=False)
    return {result["seed"]: result for result in json.loads(path.read_text())}


def is_seeded(item: pytest.Item) -> bool:
    return "results" in getattr(item, "fixturenames", ())


def is_slow(seed: int) -> bool:
    return seed in MORE_OF_THE_SAME or seed > 10


@pytest.mark.parametrize(
    "seed",
    [pytest.param(seed, marks=[pytest.mark.slow] if is_slow(seed) else []) for seed in SEEDS],
)
def test_every_promise_is_kept_whatever_breaks(
    results: Mapping[int, dict[str, Any]], seed: int
) -> None:
    result = results[seed]

    assert not result["broken"], story_of(result)
    assert len(result["faults"]) >= FAULTS_MIN
    assert len(result["clocks"]) >= len(draw(seed).clocks)
    assert result["seconds"] >= HEALED_S
    assert (result["members"], result["told_yes"] + result["refused"]) == (2_000, 2_000)
    assert result["issued"] <= result["total"]
    if not result["made"]:
        assert (result["issued"], result["refused"]) == (500, 1_500)


def test_the_seeds_that_are_not_slow_draw_all_that_ten_draw() -> None:
    drawn = {seed: kinds_drawn(seed) for seed in range(1, 11)}
    usual = {seed: kinds for seed, kinds in drawn.items() if not is_slow(seed)}

    assert set().union(*usual.values()) == set().union(*drawn.values())


def kinds_drawn(seed: int) -> set[object]:
    """The kinds of faults, opening and changes in a seed's plan."""
    plan = draw(seed)
    return {
        *((fault.target, fault.kind) for fault in plan.faults),
        (plan.room.order, plan.room.opens_s > 0),
        *(change.kind for change in plan.room.changes),
    }
