"""Witness: a pytest plugin that records how each test ended, for the mutations.

A line of JSON each: the test, the name of the exception that it failed with, or null, and whether
hypothesis draws its examples. Errors in setup and teardown are marked, since they
say nothing about a promise.
"""

from __future__ import annotations

import json
import os
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import Phase, settings

FILE = "WAITROOM_WITNESS_FILE"

# Only the seed decides a run: no database of earlier examples, and no CI
# profile that overrides the seed. No shrinking: nobody reads the examples.
settings.register_profile(
    "witness",
    settings.get_profile("default"),
    database=None,
    phases=(Phase.explicit, Phase.generate, Phase.target),
)
settings.load_profile("witness")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call" or report.failed:
        kind = _kind_of(call.excinfo.value) if report.failed and call.excinfo else None
        said = kind if report.when == "call" or kind is None else f"{kind} in {report.when}"
        with Path(os.environ[FILE]).open("a") as notes:
            notes.write(json.dumps([item.nodeid, said, _draws_at_random(item)]) + "\n")
    return report


def _draws_at_random(item: pytest.Item) -> bool:
    return bool(getattr(getattr(item, "obj", None), "is_hypothesis_test", False))


def _kind_of(error: BaseException) -> str:
    """The first exception of a group: Hypothesis raises all its findings together."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return type(error).__name__
