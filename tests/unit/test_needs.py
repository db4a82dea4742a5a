"""A test is skipped for a need of tests/needs.py, and for nothing else."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import needs
from tests.house import ROOT

SKIPS = """
import pytest
from tests.needs import NEEDS, needs

NEEDS["moon"] = NEEDS["root"]._replace(is_met=lambda: False)

@needs("moon")
def test_that_needs_something(): ...

@pytest.mark.skipif(True, reason="not today")
def test_that_names_another_reason(): ...

def test_that_finds_out_while_it_runs():
    pytest.skip("no luck")

@pytest.mark.xfail(reason="broken")
def test_that_is_expected_to_fail():
    assert False
"""


def run(folder: Path, **environ: str) -> str:
    """What pytest says of `SKIPS`."""
    file = folder / "test_skips.py"
    file.write_text(SKIPS)
    argv = [sys.executable, "-m", "pytest", "-rA", "-p", "tests.needs", "-c", os.devnull]
    done = subprocess.run(
        [*argv, f"--rootdir={folder}", "-W", "ignore", file],
        cwd=ROOT,
        env={**os.environ, "NEEDS": "", **environ},
        capture_output=True,
        text=True,
    )
    return done.stdout


def test_a_test_that_is_skipped_for_another_reason_fails(tmp_path: Path):
    said = run(tmp_path)

    assert "2 failed, 1 skipped, 1 error" in said
    for reason in ("not today", "no luck", "broken"):
        assert re.search(f"skipped without a need of tests/needs.py: .*{reason}", said), said


def test_a_run_that_must_skip_nothing_fails_for_a_need(tmp_path: Path):
    assert "2 failed, 2 errors" in run(tmp_path, NEEDS="all")


def test_this_run_fails_such_tests(request: pytest.FixtureRequest):
    assert request.config.pluginmanager.is_registered(needs)
