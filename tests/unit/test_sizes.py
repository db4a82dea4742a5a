"""No file and no function is too long, and no folder too full."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = (
    "domain", "topology", "issuance", "waitroom", "passes", "application", "web", "processes",
    "load", "cli",
)  # fmt: skip
FOLDERS = (*PACKAGES, "tests", "docs", "requirements", ".ci")
# What somebody wrote and reads: no data, no catalogues, no scripts of others.
SUFFIXES = {".py", ".lua", ".js", ".css", ".html", ".sh"}
OTHERS = ROOT / "web" / "static" / "vendor"
FILE_LINES_MAX = 300
FUNCTION_LINES_MAX = 50
MODULES_MAX = 20
# A migration that was released is not changed any more.
MIGRATIONS = ROOT / "issuance" / "migrations" / "versions"


def sources(root: Path = ROOT) -> Iterator[Path]:
    yield root / "run.py"
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in SUFFIXES and OTHERS not in path.parents and path.is_file():
                yield path


def long_files(paths: Iterator[Path]) -> list[tuple[str, int]]:
    """Each file above the bound, and its number of lines."""
    counted = [(path.name, len(path.read_text("utf-8").splitlines())) for path in paths]
    return [(name, lines) for name, lines in counted if lines > FILE_LINES_MAX]


def test_no_file_has_more_than_300_lines() -> None:
    assert long_files(sources()) == []


@pytest.mark.parametrize(("lines", "found"), [(300, []), (301, [("a.lua", 301)])])
def test_a_file_is_too_long_from_the_301st_line(tmp_path: Path, lines: int, found: list) -> None:
    (tmp_path / "a.lua").write_text("return 1\n" * lines)

    assert long_files(iter([tmp_path / "a.lua"])) == found


@pytest.mark.parametrize(
    "path", ["tests/unit/test_sizes.py", "waitroom/lua/enter.lua", "web/static/app.css", "run.py"]
)
def test_every_kind_of_file_is_looked_at(path: str) -> None:
    assert ROOT / path in set(sources())


def long_functions(source: str) -> list[tuple[str, int]]:
    """Each function above the bound, and its number of lines, without its decorators."""
    functions = (
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    counted = [(node.name, (node.end_lineno or 0) - node.lineno + 1) for node in functions]
    return [(name, lines) for name, lines in counted if lines > FUNCTION_LINES_MAX]


def test_no_function_has_more_than_50_lines() -> None:
    found = {
        path.relative_to(ROOT).as_posix(): long
        for path in sources()
        if path.suffix == ".py" and MIGRATIONS not in path.parents
        if (long := long_functions(path.read_text("utf-8")))
    }

    assert found == {}


@pytest.mark.parametrize(("lines", "found"), [(50, []), (51, [("run", 51)])])
def test_a_function_is_too_long_from_its_51st_line(lines: int, found: list) -> None:
    body = "        a = 1\n" * (lines - 1)

    assert long_functions(f"class A:\n    @cache\n    async def run(self):\n{body}") == found


def modules_in(folder: Path) -> list[Path]:
    return [path for path in folder.glob("*.py") if path.name != "__init__.py"]


def test_no_folder_of_a_package_has_more_than_20_modules() -> None:
    folders = {path.parent for path in sources() if path.relative_to(ROOT).parts[0] in PACKAGES}
    found = {
        folder.relative_to(ROOT).as_posix(): len(modules_in(folder))
        for folder in folders
        if folder != MIGRATIONS and len(modules_in(folder)) > MODULES_MAX
    }

    assert folders > {ROOT / "domain", ROOT / "web" / "pages" / "member"}
    assert found == {}


def test_web_has_at_most_12_modules_beside_its_folders() -> None:
    assert len(modules_in(ROOT / "web")) <= 12
