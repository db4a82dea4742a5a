"""`waitroom --version` says the version of the code that runs."""

from __future__ import annotations

import tomllib
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
