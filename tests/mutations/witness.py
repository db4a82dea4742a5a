"""Witness: a pytest plugin that writes down how each test ended, for whoever runs the mutations.

A line of JSON each: the test, and the name of the exception that it failed with, or null. What
went wrong before or after the test itself is marked, as it says nothing about a promise.
"""

from __future__ import annotations

import json
import os
from collections.abc import Generator
from pathlib import Path

import pytest

FILE = "WAITROOM_WITNESS_FILE"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call" or report.failed:
        kind = _kind_of(call.excinfo.value) if report.failed and call.excinfo else None
        said = kind if report.when == "call" or kind is None else f"{kind} in {report.when}"
        with Path(os.environ[FILE]).open("a") as notes:
            notes.write(json.dumps([item.nodeid, said]) + "\n")
    return report


def _kind_of(error: BaseException) -> str:
    """Hypothesis raises all that it has found together: then the first says what it is."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return type(error).__name__
