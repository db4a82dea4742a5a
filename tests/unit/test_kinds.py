"""Tests are marked by what they need, and those with a browser run last, whatever their folders."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.kinds import LONG, ORDER, kind_of, mark_kinds, put_in_order

TESTS = Path(__file__).parents[1]
UNITS = TESTS / "unit"


class Test:
    """A test as pytest collects it, as far as its kind is concerned."""

    __test__ = False

    def __init__(self, path: str, *fixtures: str, marks: tuple[str, ...] = ()) -> None:
        self.path = TESTS / path
        self.fixturenames = fixtures
        self._marks = [getattr(pytest.mark, mark).mark for mark in marks]

    def add_marker(self, name: str) -> None:
        self._marks.append(getattr(pytest.mark, name).mark)

    def iter_markers(self):
        return iter(self._marks)


@pytest.mark.parametrize(
    ("test", "kind"),
    [
        (Test("unit/test_a.py", "tmp_path"), "unit"),
        (Test("unit/deeper/test_a.py"), "unit"),
        (Test("unit/test_a.py", "engine", "servers"), "stores"),
        (Test("a_new_folder/test_a.py"), "stores"),
        (Test("a_new_folder/test_a.py", "servers", "page", "playwright"), "browser"),
        (Test("a_new_folder/test_a.py", marks=("browser",)), "browser"),
        (Test("unit/test_a.py", marks=("slow",)), "unit"),
    ],
)
def test_a_test_is_marked_by_what_it_asks_for(test: Test, kind: str) -> None:
    mark_kinds([test], UNITS)

    assert kind_of(test) == kind


def test_browsers_run_last_and_long_files_first_whatever_the_folders() -> None:
    browser, stores = Test("a/test_page.py", "playwright"), Test("b/test_b.py", "servers")
    long, unit = Test("z/test_faults.py"), Test("unit/test_quick.py")
    tests = [browser, stores, long, unit]

    mark_kinds(tests, UNITS)
    put_in_order(tests)

    assert tests == [unit, long, stores, browser]


def test_a_file_may_not_mix_tests_with_and_without_a_browser() -> None:
    tests = [Test("unit/test_mixed.py", "playwright"), Test("unit/test_mixed.py")]

    with pytest.raises(pytest.UsageError, match=r"test_mixed\.py: move its tests"):
        mark_kinds(tests, UNITS)


def test_this_run_is_in_that_order(request: pytest.FixtureRequest) -> None:
    turns = [ORDER.index(kind_of(item) or "") for item in request.session.items]

    assert turns == sorted(turns)


def test_the_files_that_take_long_are_there() -> None:
    names = [path.name for path in TESTS.rglob("test_*.py")]

    assert [names.count(name) for name in LONG] == [1] * len(LONG)


def test_browsers_come_last_whatever_their_parameters():
    """Playwright gives its tests parameters of the session, by which pytest sorts too."""
    argv = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
    argv += ["tests/browser", "tests/integration"]

    listed = subprocess.run(argv, cwd=TESTS.parent, capture_output=True, text=True, check=True)

    folders = [line.split("/")[1] for line in listed.stdout.splitlines() if "::" in line]
    assert set(folders) == {"browser", "integration"}
    assert folders == sorted(folders, key="browser".__eq__)
