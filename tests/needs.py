"""What some tests need of the machine: the only reasons for which a test may be skipped.

A test that is skipped for another reason fails, so that nobody takes it for one that ran.

Where NEEDS=all is in the environment, nothing is skipped: a need that is not met fails its test.
`python3 run.py witnesses root` runs so, as root on Linux, where all of them can be met.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from processes.demo.site import find_caddy
from tests.tcp_proxy import can_drop


class Need(NamedTuple):
    """says: completes "needs ...". is_met: None where the test finds out, and calls `lacks`."""

    says: str
    is_met: Callable[[], bool] | None = None


NEEDS = {
    "root": Need("root, to act as another user", lambda: os.geteuid() == 0),
    "linux": Need("Linux, where each thread has its niceness", lambda: sys.platform == "linux"),
    "proc": Need("/proc, to find who holds a connection", Path("/proc/net/tcp").exists),
    "nginx": Need("nginx", lambda: shutil.which("nginx") is not None),
    "caddy": Need("Caddy, which its wheel brings to Linux on x86-64", lambda: bool(find_caddy())),
    "dropping": Need("a system that lets this user drop packets", can_drop),
    "roles": Need("a Postgres user that may create roles"),
}
REASONS = {f"needs {need.says}" for need in NEEDS.values()}


def needs(name: str) -> pytest.MarkDecorator:
    """Marks a test that needs this."""
    return pytest.mark.needs(name)


def lacks(name: str) -> None:
    """Skip the running test, which has found out that a need is not met."""
    reason = f"needs {NEEDS[name].says}"
    if os.environ.get("NEEDS") == "all":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark in item.iter_markers("needs"):
        need = NEEDS[mark.args[0]]
        if need.is_met is not None and not need.is_met():
            lacks(mark.args[0])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Iterator[None]:
    report = yield
    if report.skipped and (reason := _reason(report)) not in REASONS:
        report.outcome = "failed"
        report.longrepr = f"skipped without a need of tests/needs.py: {reason}"
    return report


def _reason(report: pytest.TestReport) -> str:
    """Of a skip; also of an expected failure, which is none of the needs."""
    said = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return said.removeprefix("Skipped: ")
