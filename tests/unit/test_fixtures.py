"""Fixtures stand in conftest files, or in the one file whose tests use them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parents[1]


def fixtures_in(module: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in module.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            decorators = [ast.unparse(one).partition("(")[0] for one in node.decorator_list]
            if {"pytest.fixture", "fixture", "pytest_asyncio.fixture"} & set(decorators):
                yield node


MODULES = {path: ast.parse(path.read_text("utf-8")) for path in TESTS.rglob("*.py")}
FIXTURES = {node.name for module in MODULES.values() for node in fixtures_in(module)}


def test_no_file_imports_a_fixture_from_another() -> None:
    imported = [
        f"{path.relative_to(TESTS)}: {name.name}"
        for path, module in MODULES.items()
        for node in ast.walk(module)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tests.")
        for name in node.names
        if name.name in FIXTURES and name.name in _fixtures_of(node.module or "")
    ]

    assert imported == []


def test_no_fixture_stands_in_two_files_in_the_same_words() -> None:
    seen: dict[str, str] = {}
    twice = []
    for path, module in MODULES.items():
        for node in fixtures_in(module):
            name = f"{path.relative_to(TESTS)}: {node.name}"
            text = ast.dump(_without_docstring(node))
            twice += [(seen[text], name)] if text in seen and _does_something(node) else []
            seen[text] = name

    assert twice == []


def _fixtures_of(module: str) -> set[str]:
    path = TESTS.parent / (module.replace(".", "/") + ".py")
    return {node.name for node in fixtures_in(MODULES[path])} if path in MODULES else set()


def _without_docstring(
    node: ast.FunctionDef | ast.AsyncFunctionDef,
) -> ast.FunctionDef | ast.AsyncFunctionDef:
    if ast.get_docstring(node) is None:
        return node
    fields = dict(ast.iter_fields(node)) | {"body": node.body[1:]}
    return type(node)(**fields)


def _does_something(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """One that only takes another's place has no body but its docstring."""
    return bool(_without_docstring(node).body)
