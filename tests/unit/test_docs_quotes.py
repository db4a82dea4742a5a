"""Documents quote the log lines, alert thresholds and connection bounds that there are."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from processes.postgres_connections import db_connections_bound
from processes.settings.web import WebSettings
from processes.settings.worker import WorkerSettings
from tests.ops_files import ALERTS, PAGE

ROOT = Path(__file__).parents[2]
CODE = (
    "domain", "topology", "issuance", "waitroom", "passes", "application", "web", "processes",
    "load", "cli",
)  # fmt: skip
# Not CHANGELOG.md and UPGRADING.md, which name what earlier releases had, nor the decisions.
PAGES = ["README.md", "CONTRIBUTING.md", "SECURITY.md"]
PAGES += sorted(f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md"))
# How a sentence says the number that an alert's expression compares with.
THRESHOLDS = {"15": "15 s", "1": "a second", "10": "10 s", "0.05": "5 %", "0.9": "nine tenths"}


@cache
def code() -> str:
    """All sources, one after another."""
    files = [file for name in CODE for file in (ROOT / name).rglob("*.py")]
    return "\n".join(file.read_text("utf-8") for file in files)


def prose(page: str) -> str:
    text = (ROOT / page).read_text("utf-8")
    return re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES)
def test_every_log_line_that_is_quoted_is_logged(page: str):
    quoted = re.findall(r"log lines? `([^`]+)`", prose(page))

    assert [line for line in quoted if f'"{line}"' not in code()] == []


def test_log_lines_are_found_at_all():
    assert len(re.findall(r"log lines? `([^`]+)`", prose("docs/operations.md"))) > 4


def test_every_alert_is_described_with_the_threshold_it_has():
    rows = dict(re.findall(r"^\| `(Waitroom\w+)` \| ([^|]+) \|", PAGE, flags=re.MULTILINE))
    compared = {
        alert["alert"]: found[-1]
        for alert in ALERTS
        if (found := re.findall(r"> (\d[\d.]*)", alert["expr"])) and found[-1] != "0"
    }

    assert len(compared) >= 6
    for name, threshold in compared.items():
        assert THRESHOLDS[threshold] in rows[name], name


def bounds_shown(text: str) -> set[int]:
    """Of connections, in the rows of a table that `compare` has printed."""
    rows = [line for line in text.splitlines() if "connections" in line and "│" in line]
    return {int(number) for row in rows for number in re.findall(r"\d+ of (\d+)", row)}


def test_an_output_that_is_shown_has_the_bound_of_connections():
    """That of one web process, an admitter and two workers."""
    bound = db_connections_bound(
        web=WebSettings.model_fields["WEB_DB_CONNECTIONS"].default,
        workers=WorkerSettings.model_fields["WORKERS"].default,
    )

    assert bounds_shown("  connections at most │ 5 of 7 │ 4 of 7\n  issued │ 3 of 9") == {7}
    for page in PAGES:
        assert bounds_shown((ROOT / page).read_text("utf-8")) <= {bound}, page
