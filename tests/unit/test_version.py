"""`waitroom --version` says the version of the code that runs; CHANGELOG and UPGRADING know it."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli import main
from cli import version as version_module
from cli.main import app
from cli.version import PYPROJECT, find_version
from processes.settings.reader import BadSettings

DECLARED = tomllib.loads(PYPROJECT.read_text())["project"]["version"]
CHANGELOG, UPGRADING = (
    (PYPROJECT.parent / name).read_text("utf-8") for name in ("CHANGELOG.md", "UPGRADING.md")
)
A_VERSION = re.compile(r"^## (\d+\.\d+\.\d+)(?: - (\S+))?$", re.MULTILINE)


def versions_in(text: str) -> list[str]:
    """Those that have a section, in the order of the page."""
    return [version for version, _ in A_VERSION.findall(text)]


def in_numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


@pytest.mark.parametrize("text", [CHANGELOG, UPGRADING], ids=["CHANGELOG", "UPGRADING"])
def test_the_newest_section_of_a_page_is_the_declared_version(text: str):
    versions = versions_in(text)

    assert versions[0] == DECLARED, "pyproject.toml declares the version: add its section"
    assert versions == sorted(versions, key=in_numbers, reverse=True)


def test_upgrading_has_a_section_for_each_version_of_the_changelog():
    assert versions_in(UPGRADING) == versions_in(CHANGELOG)


def test_each_version_of_the_changelog_has_a_date_and_none_is_older_than_the_one_below():
    dates = [date.fromisoformat(day) for _, day in A_VERSION.findall(CHANGELOG)]

    assert len(dates) >= 3
    assert dates == sorted(dates, reverse=True)


def test_the_changelog_begins_with_what_is_unreleased_and_has_its_groups_in_order():
    order = ["Added", "Changed", "Deprecated", "Removed", "Security", "Fixed"]
    titles = re.findall(r"^## (\S+)", CHANGELOG, re.MULTILINE)
    groups = [re.findall(r"^### (.+)$", part, re.MULTILINE) for part in CHANGELOG.split("\n## ")]

    assert titles[0] == "Unreleased"
    for found in groups:
        assert found == [group for group in order if group in found]


def test_a_checkout_says_the_version_of_its_pyproject_in_one_line():
    asked = CliRunner().invoke(app, ["--version"])

    assert (asked.exit_code, asked.output) == (0, f"waitroom {DECLARED}\n")


def test_the_version_of_a_checkout_comes_before_that_of_an_installed_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(version_module, "version", lambda _: "1.0")
    beside = tmp_path / "pyproject.toml"
    beside.write_text('[project]\nname = "open-run-waitroom"\nversion = "2.0"\n')

    assert find_version(beside) == "2.0"


@pytest.mark.parametrize(
    "beside", [None, '[project]\nname = "a-shop"\nversion = "3.0"\n', "[tool.ruff]\n"]
)
def test_where_no_pyproject_of_ours_is_beside_the_installed_version_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, beside: str | None
):
    monkeypatch.setattr(version_module, "version", lambda _: "1.0")
    pyproject = tmp_path / "pyproject.toml"
    if beside is not None:
        pyproject.write_text(beside)

    assert find_version(pyproject) == "1.0"


def test_without_both_the_error_names_the_distribution(tmp_path: Path):
    with pytest.raises(PackageNotFoundError, match="open-run-waitroom"):
        find_version(tmp_path / "pyproject.toml")


def test_where_the_version_is_not_known_the_command_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
):
    def find_none() -> str:
        raise PackageNotFoundError("open-run-waitroom")

    monkeypatch.setattr(main, "find_version", find_none)

    with pytest.raises(BadSettings, match=r"install the wheel, or keep pyproject\.toml"):
        CliRunner().invoke(app, ["--version"], catch_exceptions=False)


def test_the_command_alone_prints_its_help():
    asked = CliRunner().invoke(app, [])

    assert "Usage: waitroom [OPTIONS] COMMAND" in asked.output
