"""Ten seeds, some at once: whatever breaks under a crowd, every promise is kept.

FAULT_SEEDS=50 looks at more, and so does `python -m tests.faults`.
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
AT_ONCE = 5
WITHIN_S = 400  # on a machine that is busy otherwise; by itself it is a quarter of that


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Mapping[int, dict[str, Any]]:
    path: Path = tmp_path_factory.mktemp("faults") / "results.json"
    argv = [sys.executable, "-m", "tests.faults", "--seeds", f"{SEEDS[0]}-{SEEDS[-1]}"]
    argv += ["--at-once", str(AT_ONCE), "--json", str(path)]
    subprocess.run(argv, cwd=ROOT, env=os.environ, timeout=WITHIN_S, check=False)
    return {result["seed"]: result for result in json.loads(path.read_text())}


@pytest.mark.parametrize("seed", SEEDS)
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
