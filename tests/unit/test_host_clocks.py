"""Product code reads the host's clock only where that decides nothing about a member.

To decide by time, use Redis' `TIME` in a script, Postgres' clock in the statement, or a RemoteClock
or MedianClock: docs/architecture.md#clocks.
"""

from __future__ import annotations

import ast
from collections import Counter

import pytest

from tests.house import ROOT

PACKAGES = (
    "application", "cli", "domain", "issuance", "passes", "processes", "topology", "waitroom",
    "web",
)  # fmt: skip
AUDIT = "the time in the audit trail"
DEFAULT = "a default argument: processes/web.py passes the clock that decides"
# How often each file reads the clock, and why that is harmless.
ALLOWED = {
    "cli/admin.py": (6, AUDIT),
    "cli/reconcile.py": (1, AUDIT),
    "cli/room.py": (2, AUDIT),
    "domain/stores/median_clock.py": (1, "one of three clocks"),
    "domain/stores/remote_clock.py": (1, "until the store's clock is measured; to report the skew"),
    "issuance/queue/worker.py": (1, "its own pause between two clean-ups, which decide by Redis"),
    "processes/demo/site.py": (1, "as processes/demo/run.py"),
    "processes/demo/run.py": (1, "the demo's schedule; its stores run on the same host"),
    "processes/local_stack.py": (2, "a benchmark's schedule; its stores run on the same host"),
    "waitroom/tokens/challenge.py": (1, DEFAULT),
    "waitroom/tokens/ticket.py": (1, DEFAULT),
    "web/auth/admin_sessions.py": (1, DEFAULT),
    "web/auth/member_tokens.py": (1, DEFAULT),
    "web/auth/sessions.py": (1, DEFAULT),
    "web/container.py": (1, DEFAULT),
}
READS = {
    "time": {"time", "time_ns", "localtime", "gmtime", "ctime"},
    "datetime": {"now", "utcnow", "today"},
    "date": {"today"},
}


def clock_reads(source: str) -> list[int]:
    """The lines that read the host's clock, or pass on a function that does."""
    tree = ast.parse(source)
    imported = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if (node.module == "time" and alias.name in READS["time"])
        or (node.module == "rq.utils" and alias.name in ("now", "current_timestamp"))
    }
    return [
        node.lineno
        for node in ast.walk(tree)
        if (
            isinstance(node, ast.Attribute)
            and node.attr in READS.get(ast.unparse(node.value).rpartition(".")[2], ())
        )
        or (isinstance(node, ast.Name) and node.id in imported)
    ]


def test_the_hosts_clock_is_read_only_where_it_decides_nothing() -> None:
    found = Counter(
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        for _ in clock_reads(path.read_text("utf-8"))
    )

    assert found == {name: count for name, (count, _) in ALLOWED.items()}


@pytest.mark.parametrize(
    "source",
    [
        "time.time()",
        "def __init__(self, now=time.time): ...",
        "at_us = time.time_ns() // 1_000",
        "datetime.now(UTC)",
        "datetime.datetime.utcnow()",
        "date.today()",
        "from rq.utils import now\nnow()",
        "from time import time as clock\nclock()",
    ],
)
def test_each_way_to_read_it_is_noticed(source: str) -> None:
    assert clock_reads(source) == [len(source.split("\n"))]


@pytest.mark.parametrize(
    "source",
    ["time.monotonic()", "func.now()", "line.measure_clock()", "self.now()", "time.sleep(1)"],
)
def test_other_clocks_are_free_to_use(source: str) -> None:
    assert clock_reads(source) == []
