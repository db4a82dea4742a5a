"""The documents say what is there: moves, problems, pictures, hooks and intervals."""

import re
from dataclasses import fields
from pathlib import Path

import yaml
from PIL import Image

from docs.make_pictures import makers
from domain.refusals import Refusal
from issuance.tables import metadata
from processes.settings.web import WebSettings
from waitroom import poll_interval as policy
from waitroom.redis_io.keys import Keys
from web.limits.limit_values import WebLimits
from web.problems import KINDS

ROOT = Path(__file__).parents[2]
TOP = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "UPGRADING.md")
PAGES = [*(ROOT / name for name in TOP), *sorted((ROOT / "docs").rglob("*.md"))]
TEXTS = {page.relative_to(ROOT).as_posix(): page.read_text("utf-8") for page in PAGES}


def links(text: str) -> set[str]:
    """Addresses in Markdown and in HTML, without their anchors."""
    found = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'(?:src|href)="([^"]+)"', text)
    return {link.partition("#")[0] for link in found if link.partition("#")[0]}


def test_every_move_and_its_pieces_are_explained():
    scripts = sorted(path.name for path in (ROOT / "waitroom" / "lua").rglob("*.lua"))

    missing = [name for name in scripts if f"`{name}`" not in TEXTS["docs/architecture.md"]]

    assert scripts
    assert missing == []


def test_every_problem_is_documented_with_its_status():
    rows = [line for line in TEXTS["docs/api.md"].splitlines() if line.startswith("| `")]

    missing = [
        kind.type
        for kind in KINDS.values()
        if not any(f"`{kind.type}`" in row and f"| {kind.status} |" in row for row in rows)
    ]

    assert missing == []


def test_it_is_said_of_every_refusal_where_it_comes_from():
    """Those with a sentence of their own, and the problems at entry."""
    _, _, after = TEXTS["docs/operations.md"].partition("## Where a refusal comes from")
    rows = [row.split(" | ") for row in after.partition("\n## ")[0].splitlines() if "|" in row]
    named = {row[0].strip("| `") for row in rows if row[0].startswith("| `")}
    refusals = {kind.slug for kind in Refusal.__subclasses__()}
    metrics = re.findall(r"`(waitroom_\w+)`", "".join(row[-1] for row in rows))
    stored = re.findall(r"`(\w+)` in (Redis|Postgres)", "".join(row[2] for row in rows[2:]))

    assert refusals - named == set()
    assert named - KINDS.keys() == set()
    assert {len(row) for row in rows[2:]} == {4}
    assert [one for one in metrics if f"`{one}`" not in TEXTS["docs/metrics.md"]] == []
    assert metrics
    for name, store in stored:
        assert hasattr(Keys, name) if store == "Redis" else name in metadata.tables
    assert stored


def test_every_picture_is_shown_somewhere():
    files = (ROOT / "docs" / "screenshots").iterdir()
    pictures = sorted(path.name for path in files if path.suffix != ".json")
    shown = {Path(link).name for text in TEXTS.values() for link in links(text)}

    assert [name for name in pictures if name not in shown] == []


def test_the_picture_of_readme_moves():
    (name,) = re.findall(r'src="(docs/screenshots/[^"]+)"', TEXTS["README.md"])

    with Image.open(ROOT / name) as picture:
        frames = getattr(picture, "n_frames", 1)

    assert frames > 8
    assert (ROOT / name).stat().st_size <= 600_000


def test_every_hook_before_a_commit_is_a_rule_of_the_house():
    """Local ones only: a hook from elsewhere would be a version that nobody locks."""
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
    entries = [hook["entry"].split() for repo in hooks for hook in repo["hooks"]]
    checked = (ROOT / ".ci" / "run").read_text("utf-8")

    assert {repo["repo"] for repo in hooks} == {"local"}
    assert entries
    for command, *words in entries:
        if command == ".venv/bin/python":
            files = [word for word in words if word.startswith("tests/")]
            assert [file for file in files if not (ROOT / file).is_file()] == []
        else:
            assert command in checked


def test_every_command_that_makes_pictures_is_in_contributing():
    commands = set(makers())
    named = set(re.findall(r"-m (docs\.make_\w+)", (ROOT / "CONTRIBUTING.md").read_text("utf-8")))

    assert len(commands) >= 5
    assert named == commands


def test_the_poll_intervals_are_those_of_the_policy():
    _, _, after = TEXTS["docs/waiting.md"].partition("## Poll intervals")
    text = after.partition("\n## ")[0]
    many = policy.POLL_LONG_LINE_S * policy.POLLS_PER_S
    calm = [policy.CALM_S * (1 + sign * policy.CALM_SPREAD) for sign in (-1, 1)]

    for said in (
        f"{policy.INTERVAL_MIN_S:g} to {policy.POLL_SHORT_LINE_S:g} s in a short line",
        f"up to {policy.POLL_LONG_LINE_S:g} s in a long one (from {many:,.0f} waiting)",
        f"after a {policy.STREAM_WAIT_SHARE}th of the expected wait",
        f"{policy.INTERVAL_MIN_S:g} to {policy.STREAM_MAX_S:g} s |",
        f"{policy.UNKNOWN_PACE_MAX_S:g} s from 100 ahead on",
        "every {:g} to {:g} s".format(*calm),
        f"spread by {policy.POLL_SPREAD:.0%} either way".replace("%", " %"),
        f"about {policy.SPREAD_POLLS_PER_S:,.0f} polls",
        f"the page after {policy.UNREACHABLE_S:g} s",
    ):
        assert said in text


def test_every_limit_that_refuses_is_in_one_table():
    """Those of the settings, each with the file that enforces it."""
    _, _, after = TEXTS["docs/configuration.md"].partition("## Limits that refuse")
    rows = [row.split(" | ") for row in after.partition("\n## ")[0].splitlines()]
    rows = [[cell.strip("| ") for cell in row] for row in rows if len(row) == 5][2:]
    named = {name for row in rows for name in re.findall(r"`([A-Z_]+_MAX)`", row[1])}
    limits = {one.name.upper() for one in fields(WebLimits)} & WebSettings.model_fields.keys()
    answers = {slug for row in rows for slug in re.findall(r"`(\w+)`, \d+", row[4])}

    assert limits
    assert limits - named == set()
    assert [row[2] for row in rows if not (ROOT / row[2].strip("`")).is_file()] == []
    assert answers - KINDS.keys() == set()
