"""Kinds: marks each test by what it needs, and sorts the tests by these marks.

`unit` needs nothing, `stores` a Redis or a Postgres or processes, `browser` a browser. They run in
this order: Playwright's event loop breaks the asyncio tests that come after it in a process.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import pytest

ORDER = ("unit", "stores", "browser")
# These take longest. They run first of their kind, so that none of them ends long after the others
# when several processes share the tests.
LONG = (
    "test_faults.py", "test_bench_measures.py", "test_stop_while_stores_are_away.py",
    "test_axe.py", "test_axe_dark.py", "test_site_walk.py", "test_admin.py",
    "test_board_in_sight.py",
)  # fmt: skip


def mark_kinds(items: Iterable[pytest.Item], units: Path) -> None:
    """Mark each test that has no mark of its own. units: the folder of unit tests.

    Raises UsageError if a file mixes browser tests with others: processes share whole files.
    """
    found: dict[Path, set[str]] = defaultdict(set)
    for item in items:
        if kind_of(item) is None:
            item.add_marker(_needed_by(item, units))
        found[item.path].add(kind_of(item) or "")
    for path, kinds in found.items():
        if "browser" in kinds and len(kinds) > 1:
            raise pytest.UsageError(f"{path}: move its tests without a browser to another file")


def put_in_order(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: (ORDER.index(kind_of(item) or ""), item.path.name not in LONG))


def kind_of(item: pytest.Item) -> str | None:
    return next((mark.name for mark in item.iter_markers() if mark.name in ORDER), None)


def _needed_by(item: pytest.Item, units: Path) -> str:
    fixtures = getattr(item, "fixturenames", ())
    if "playwright" in fixtures:  # `page`, `context` and `browser` depend on it
        return "browser"
    return "unit" if units in item.path.parents and "servers" not in fixtures else "stores"
