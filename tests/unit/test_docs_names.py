"""Each setting, constant, metric, alert and problem type that a document names exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from issuance.tables import VERSION_TABLE
from processes.settings.registry import ALL_SETTINGS
from tests.ops_files import ALERTS
from tests.unit.test_docs import TEXTS
from tests.unit.test_ops_files import FAMILIES, SAMPLES
from web.problems import KINDS

ROOT = Path(__file__).parents[2]
CODE = (
    "domain", "topology", "issuance", "waitroom", "passes", "application", "web", "processes",
    "load", "cli",
    "docs",
    "tests/faults", "tests/mutations", "tests/contract", "tests/witnesses", "tests/rolling_upgrade",
)  # fmt: skip
# Without the pages that tell of what is gone.
OF_NOW = {
    name: text
    for name, text in {**TEXTS, "SECURITY.md": (ROOT / "SECURITY.md").read_text("utf-8")}.items()
    if name not in ("CHANGELOG.md", "UPGRADING.md", "docs/old-names.md")
}
UPPER = re.compile(r"(?<![\w${/])[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+(?![\w*])")
# What the reader puts a word of their own for, what stands for any setting, names of an example.
PLACEHOLDERS = {
    "MEMBER_ID", "NNNN_NAME", "NAME_OF_YOUR_MUTATION", "X_FILE", "OLD_WEB", "MEMBER_TOKEN_SECRET",
}  # fmt: skip
# What is named like a metric: the parameter that has a pass.
NO_METRICS = {"waitroom_pass"}
SETTINGS = {name for kind in ALL_SETTINGS for name in kind.model_fields}


def constants() -> set[str]:
    """Names that the code assigns, in Python, Lua and JavaScript."""
    found: set[str] = set()
    for folder in CODE:
        for file in (ROOT / folder).rglob("*"):
            if file.suffix == ".py":
                tree = ast.parse(file.read_text("utf-8"))
                found |= {
                    one.id
                    for one in ast.walk(tree)
                    if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)
                }
            elif file.suffix in (".lua", ".js") and "vendor" not in file.parts:
                text = file.read_text("utf-8")
                found |= set(re.findall(r"\b([A-Z][A-Z0-9_]+) =", text))
    return found


def variables() -> set[str]:
    """Of the environment: the settings, what compose.yaml asks for, and what programs look up."""
    compose = (ROOT / "compose.yaml").read_text("utf-8")
    looked_up = {
        name
        for folder in (*CODE, "deploy", "tests", ".")
        for file in (ROOT / folder).glob("*.py" if folder == "." else "**/*.py")
        for name in re.findall(
            r'environ[\w.]*(?:\[|\.get\(|\()"([A-Z_]+)"', file.read_text("utf-8")
        )
    }
    return SETTINGS | looked_up | set(re.findall(r"\$\{(\w+)", compose))


@pytest.fixture(scope="module")
def known() -> set[str]:
    names = constants() | variables()
    return names | {f"{name}_FILE" for name in SETTINGS} | PLACEHOLDERS


@pytest.mark.parametrize("page", OF_NOW)
def test_every_setting_and_constant_that_is_named_exists(page: str, known: set[str]):
    named = set(UPPER.findall(OF_NOW[page]))

    assert {one for one in named if not one.startswith("OTEL_")} - known == set()


@pytest.mark.parametrize("page", OF_NOW)
def test_every_metric_that_is_named_exists(page: str):
    families = {name for one in FAMILIES for name in (one.name, f"{one.name}_total")}
    named = set(re.findall(r"(?<![\w:/.-])waitroom_[a-z_]+(?![\w*{.])", OF_NOW[page]))

    assert named - SAMPLES.keys() - families - {VERSION_TABLE} - NO_METRICS == set()


@pytest.mark.parametrize("page", OF_NOW)
def test_every_alert_that_is_named_exists(page: str):
    alerts = {alert["alert"] for alert in ALERTS}

    assert set(re.findall(r"\bWaitroom[A-Z]\w+", OF_NOW[page])) - alerts == set()


@pytest.mark.parametrize("page", OF_NOW)
def test_every_problem_type_of_an_example_exists(page: str):
    named = set(re.findall(r'"(?:type|refusal)": "(\w+)"', OF_NOW[page]))

    assert named - KINDS.keys() == set()
