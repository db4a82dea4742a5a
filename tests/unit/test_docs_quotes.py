"""What documents quote exists: log lines, constants, settings, thresholds of alerts."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from processes.postgres_connections import db_connections_bound
from processes.settings.registry import ALL_SETTINGS
from processes.settings.web import WebSettings
from processes.settings.worker import WorkerSettings
from tests.ops_files import ALERTS, PAGE

ROOT = Path(__file__).parents[2]
CODE = ("domain", "issuance", "waitroom", "application", "web", "processes", "load", "cli")
# Not CHANGELOG.md and UPGRADING.md, which name what earlier releases had, nor the decisions.
PAGES = ["README.md", "CONTRIBUTING.md", "SECURITY.md"]
PAGES += sorted(f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md"))
# Of Redis, Postgres, browsers and OpenTelemetry, which documents name too.
FOREIGN = re.compile(r"OTEL_\w+|PG[A-Z]+|READ_COMMITTED")
# How a sentence says the number that an alert's expression compares with.
THRESHOLDS = {"15": "15 s", "1": "a second", "10": "10 s", "0.05": "5 %", "0.9": "nine tenths"}


@cache
def code() -> str:
    """All sources and files of settings, one after another."""
    files = [file for name in (*CODE, "tests", "docs") for file in (ROOT / name).rglob("*")]
    files = [file for file in files if file.suffix in {".py", ".lua", ".js"}]
    files += [ROOT / name for name in ("compose.yaml", "Dockerfile", "run.py", ".env.example")]
    return "\n".join(file.read_text("utf-8") for file in files)


@cache
def words() -> set[str]:
    return set(re.findall(r"\w+", code()))


def prose(page: str) -> str:
    text = (ROOT / page).read_text("utf-8").partition("## Old names")[0]
    return re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES)
def test_every_name_in_capitals_is_in_the_code(page: str):
    """Settings and constants, such as `LEASE_S`; `NAME_FILE` for a setting NAME too."""
    named = set(re.findall(r"`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?:=[^`]*)?`", prose(page)))
    files = {f"{name}_FILE" for kind in ALL_SETTINGS for name in kind.model_fields} | {"X_FILE"}

    assert {one for one in named - words() - files if not FOREIGN.fullmatch(one)} == set()


@pytest.mark.parametrize("page", PAGES)
def test_every_log_line_that_is_quoted_is_logged(page: str):
    quoted = re.findall(r"log lines? `([^`]+)`", prose(page))

    assert [line for line in quoted if f'"{line}"' not in code()] == []


def test_log_lines_and_names_are_found_at_all():
    operations = prose("docs/operations.md")

    assert len(re.findall(r"log lines? `([^`]+)`", operations)) > 4
    assert "LEASE_S" in words()
    assert "NO_SUCH_SETTING" + "_S" not in words()


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


def test_an_output_that_is_shown_has_the_bound_of_connections():
    """Of `compare`, which runs one web process, an admitter and two workers."""
    bound = db_connections_bound(
        web=WebSettings.model_fields["WEB_DB_CONNECTIONS"].default,
        workers=WorkerSettings.model_fields["WORKERS"].default,
    )

    for page in PAGES:
        lines = [line for line in (ROOT / page).read_text("utf-8").splitlines() if "│" in line]
        shown = [re.findall(r"\d+ of (\d+)", line) for line in lines if "connections" in line]
        assert {number for one in shown for number in one} <= {str(bound)}, page
