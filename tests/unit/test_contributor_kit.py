"""What contributors and their tools find: forms, the workflow, hooks, aliases, editor settings."""

from __future__ import annotations

import configparser
import re
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml
from check_jsonschema import main as check_jsonschema
from click.testing import CliRunner

from tests.doc_commands import check_module, parse

ROOT = Path(__file__).parents[2]
GITHUB = ROOT / ".github"
WORKFLOW = GITHUB / "workflows" / "ci.yml"
FORMS = sorted(path for path in (GITHUB / "ISSUE_TEMPLATE").glob("*.yml") if path.stem != "config")
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
ALIASES = dict(re.findall(r"^([a-z]+):.*\n((?:\t.+\n)+)", MAKEFILE, flags=re.MULTILINE))
FOLDERS = (
    "domain", "topology", "issuance", "waitroom", "passes", "application", "web", "processes",
    "load", "cli",
    "tests", "docs", "requirements", ".ci", ".github",
)  # fmt: skip
# What others wrote, and what programs write.
NOT_OURS = ("web/static/vendor/", "docs/site/iframe-worker", "web/locales/")
TEXT = {".py", ".md", ".yml", ".yaml", ".toml", ".html", ".css", ".js", ".lua", ".sh", ".conf"}


def validated(schema: str, *files: Path) -> str:
    """What the checker says; empty where all files are valid. Its schemas come with it."""
    arguments = ["--builtin-schema", schema, *map(str, files)]
    done = CliRunner().invoke(check_jsonschema, arguments)
    return "" if done.exit_code == 0 else done.output


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        ("vendor.github-workflows", [WORKFLOW]),
        ("custom.github-workflows-require-timeout", [WORKFLOW]),
        ("vendor.github-issue-forms", FORMS),
        ("vendor.github-issue-config", [GITHUB / "ISSUE_TEMPLATE" / "config.yml"]),
        ("vendor.compose-spec", [ROOT / "compose.yaml"]),
    ],
)
def test_a_file_is_of_the_form_that_its_reader_asks_for(schema: str, files: list[Path]):
    assert files
    assert validated(schema, *files) == ""


@pytest.mark.parametrize(
    ("schema", "file", "old", "new"),
    [
        ("vendor.github-workflows", WORKFLOW, "runs-on:", "run-on:"),
        ("custom.github-workflows-require-timeout", WORKFLOW, "timeout-minutes: 45", ""),
        ("vendor.github-issue-forms", FORMS[0], "type: textarea", "type: textfield"),
    ],
)
def test_a_file_of_another_form_is_refused(
    tmp_path: Path, schema: str, file: Path, old: str, new: str
):
    text = file.read_text("utf-8")
    assert old in text
    (tmp_path / "a.yml").write_text(text.replace(old, new), "utf-8")

    assert "a.yml" in validated(schema, tmp_path / "a.yml")


def test_the_workflow_runs_what_everybody_runs_from_the_oldest_python_on():
    job = yaml.safe_load(WORKFLOW.read_text("utf-8"))["jobs"]["check"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    oldest, newest = job["strategy"]["matrix"]["python"]

    assert [step["run"] for step in job["steps"] if "run" in step] == [".ci/run"]
    assert f">={oldest}" == project["requires-python"]
    assert newest == "3.x"
    assert all(re.search(r"@v\d+$", step["uses"]) for step in job["steps"] if "uses" in step)


def test_the_issue_forms_ask_for_what_every_answer_needs():
    bug = yaml.safe_load((GITHUB / "ISSUE_TEMPLATE" / "bug.yml").read_text("utf-8"))
    required = [one["id"] for one in bug["body"] if one.get("validations", {}).get("required")]

    assert {"happened", "steps", "version"} <= set(required)
    assert "SECURITY.md" in bug["body"][0]["attributes"]["value"]


def test_the_pull_request_template_names_what_is_there():
    text = (GITHUB / "pull_request_template.md").read_text("utf-8")
    named = re.findall(r"[\w.]+\.md|`(\.[\w./]+)`", text)

    assert {"CONTRIBUTING.md", "CHANGELOG.md"} <= set(re.findall(r"\w+\.md", text))
    assert [name for name in named if name and not (ROOT / name).exists()] == []


@pytest.mark.parametrize("alias", ALIASES)
def test_an_alias_runs_commands_that_exist(alias: str):
    for line in ALIASES[alias].splitlines():
        command, *words = line.split()
        if line.startswith("\tpython3 run.py "):
            parse(words[1:])
        elif command == ".venv/bin/python":
            check_module(words[1], words[2:])
        elif alias != "help":
            rules = (ROOT / ".ci" / "run").read_text("utf-8")
            assert command == ".ci/run" or command in rules


def test_every_alias_is_phony_described_and_in_contributing():
    (phony,) = re.findall(r"^\.PHONY: (.+)$", MAKEFILE, flags=re.MULTILINE)
    described = re.findall(r"^([a-z]+):  # \w", MAKEFILE, flags=re.MULTILINE)
    contributing = (ROOT / "CONTRIBUTING.md").read_text("utf-8")

    assert phony.split() == described == list(ALIASES)
    assert [one for one in ALIASES if f"`make {one}`" not in contributing and one != "help"] == []


def rules_for(name: str) -> dict[str, str]:
    """What .editorconfig says of a file: later sections count more."""
    parser = configparser.ConfigParser()
    parser.read_string("[top]\n" + (ROOT / ".editorconfig").read_text("utf-8"))
    found: dict[str, str] = {}
    for section in parser.sections():
        patterns = re.sub(r"^\*\.\{(.*)\}$", r"\1", section).split(",")
        if section == "*" or any(fnmatch(name, p) or fnmatch(name, f"*.{p}") for p in patterns):
            found |= dict(parser[section])
    return found


def test_files_are_as_the_editor_settings_have_them():
    files = [file for folder in FOLDERS for file in (ROOT / folder).rglob("*")]
    files += [file for file in ROOT.iterdir() if file.name in ("Makefile", "run.py")]
    files += [file for file in ROOT.iterdir() if file.suffix in TEXT]
    wrong = []
    for file in files:
        name = file.relative_to(ROOT).as_posix()
        if not (file.suffix in TEXT or file.name == "Makefile") or name.startswith(NOT_OURS):
            continue
        text, rules = file.read_bytes().decode("utf-8"), rules_for(file.name)
        if "\r" in text or (text and not text.endswith("\n")):
            wrong.append(f"{name}: its lines end otherwise")
        if re.search(r"[ \t]$", text, flags=re.MULTILINE):
            wrong.append(f"{name}: blanks at the end of a line")
        if rules["indent_style"] == "space" and re.search(r"^ *\t", text, flags=re.MULTILINE):
            wrong.append(f"{name}: indented by a tab")

    assert len(files) > 500
    assert wrong == []


def test_the_editor_settings_are_those_of_the_formatter():
    ruff = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["ruff"]

    assert rules_for("a.py")["max_line_length"] == str(ruff["line-length"])
    assert rules_for("a.py")["indent_size"] == "4"
    assert rules_for("a.css")["max_line_length"] == "off"
    assert rules_for("Makefile")["indent_style"] == "tab"
