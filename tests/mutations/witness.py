"""Witness: a pytest plugin that writes down how each test ended, for the run of the mutations.

A line of JSON each: the test, the name of the exception that it failed with, or null, and whether
hypothesis draws its examples. What went wrong before or after the test itself is marked, as it
says nothing about a promise.
"""

from __future__ import annotations

import json
import os
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import Phase, settings

FILE = "WAITROOM_WITNESS_FILE"

# The seed alone decides a run: no example that an earlier run found is tried first, and no CI
# profile takes the seed away. Nobody reads a shrunk example here.
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
    """Hypothesis raises all that it has found together: then the first says what it is."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return type(error).__name__
