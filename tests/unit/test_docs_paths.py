"""Every file of the checkout that a document names is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Not CHANGELOG.md and docs/old-names.md, which tell of what is gone.
PAGES = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "UPGRADING.md"]
PAGES += sorted(
    page.relative_to(ROOT).as_posix()
    for page in (ROOT / "docs").rglob("*.md")
    if page.name != "old-names.md"
)
FOLDERS = (
    "domain", "topology", "issuance", "waitroom", "passes", "application", "web", "processes",
    "load", "cli",
    "tests", "docs", "requirements",
)  # fmt: skip
A_FILE = re.compile(rf"`((?:{'|'.join(FOLDERS)})/[\w./-]+\.\w+)(?:::\w+)?`")
# What the reader puts a name of their own into.
PLACEHOLDER = re.compile(r"NAME|NNNN")


def files_in(text: str) -> set[str]:
    return {one for one in A_FILE.findall(text) if not PLACEHOLDER.search(one)}


@pytest.mark.parametrize("page", PAGES)
def test_every_file_that_is_named_is_there(page: str):
    named = files_in((ROOT / page).read_text("utf-8"))

    assert sorted(one for one in named if not (ROOT / one).is_file()) == []


def test_a_file_is_found_in_a_text():
    text = "As `web/app.py` has it (`tests/unit/test_a.py::test_b`), not `cli/NAME.py`; `x/y.py`."

    assert files_in(text) == {"web/app.py", "tests/unit/test_a.py"}


def test_files_are_named_at_all():
    found = [files_in((ROOT / page).read_text("utf-8")) for page in PAGES]

    assert len(set().union(*found)) > 100
