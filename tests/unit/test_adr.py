"""Architecture decision records: numbered without gaps, of one form, and linked."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
RECORDS = sorted(path for path in (DOCS / "adr").glob("*.md") if path.name != "index.md")
NAME = re.compile(r"(\d{4})-[a-z0-9]+(?:-[a-z0-9]+)*\.md")
STATUS = re.compile(
    r"(?:proposed|accepted|rejected), \d{4}-\d\d-\d\d(?:; .+)?"
    r"|superseded by \[\d+\]\((\d{4}-[a-z0-9-]+\.md)\)"
)
INDEX = (DOCS / "adr" / "index.md").read_text("utf-8")
BY_NAME = pytest.mark.parametrize("record", RECORDS, ids=lambda path: path.stem)


def test_records_are_numbered_without_gaps():
    numbers = [NAME.fullmatch(path.name) for path in RECORDS]

    assert [int(found[1]) for found in numbers if found] == list(range(1, len(RECORDS) + 1))
    assert None not in numbers


@BY_NAME
def test_a_record_has_a_title_a_status_and_its_three_parts(record: Path):
    title, status, *_ = record.read_text("utf-8").split("\n\n")
    headings = re.findall(r"^## (.+)$", record.read_text("utf-8"), re.MULTILINE)

    assert re.fullmatch(rf"# {int(record.name[:4])}\. \S.+", title)
    found = STATUS.fullmatch(status.removeprefix("Status: ").replace("\n", " "))
    assert found, status
    assert found[1] is None or (DOCS / "adr" / found[1]).is_file()
    assert headings == ["Context", "Decision", "Consequences"]


@BY_NAME
def test_a_record_is_in_the_index_by_its_number_and_title(record: Path):
    title = record.read_text("utf-8").partition("\n")[0].partition(". ")[2]

    assert f"| [{int(record.name[:4])}]({record.name}) | {title} |" in INDEX


@BY_NAME
def test_architecture_links_to_a_record(record: Path):
    assert f"](adr/{record.name})" in (DOCS / "architecture.md").read_text("utf-8")
