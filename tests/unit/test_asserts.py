"""Every test says in the open what it asserts."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
# Calls that fail a test as `assert` does. Those of ours check an answer or a crowd's verdict.
ASSERTING = {
    "pytest.raises", "pytest.fail", "expect", "eventually", "checked_problem",
    "verify_everything_is_kept",
}  # fmt: skip


def without_assert(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            and node.name.startswith("test_")
            and not any(_asserts(inner) for inner in ast.walk(node))
        ):
            yield node.name


def _asserts(node: ast.AST) -> bool:
    return isinstance(node, ast.Assert) or (
        isinstance(node, ast.Call) and ast.unparse(node.func) in ASSERTING
    )


def test_no_test_goes_without_an_assert() -> None:
    found = {
        path.relative_to(TESTS).as_posix(): names
        for path in TESTS.rglob("test_*.py")
        if (names := list(without_assert(path.read_text("utf-8"))))
    }

    assert found == {}


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("assert 1", []),
        ("with pytest.raises(ValueError): run()", []),
        ("if a:\n        assert 1", []),
        ("run()", ["test_it"]),
        ("checked(run())", ["test_it"]),
    ],
)
def test_one_that_asserts_nothing_is_found(body: str, found: list[str]) -> None:
    assert list(without_assert(f"async def test_it():\n    {body}\n")) == found
