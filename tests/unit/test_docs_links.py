"""Every link in the documents and every mention of a section leads to a heading that is there."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.unit.test_docs import TEXTS

ROOT = Path(__file__).parents[2]
PAGES = {**TEXTS, "SECURITY.md": (ROOT / "SECURITY.md").read_text("utf-8")}
FENCE = re.compile(r"^( *)```.*?^\1```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"")
# As code, alerts, templates and the changelog name a section: docs/waiting.md#phases.
MENTION = re.compile(r"((?:docs/[\w/-]+|[A-Z]{4,})\.md)#([\w-]+)")
FOLDERS = (
    "domain", "topology", "issuance", "waitroom", "passes", "application", "web", "processes",
    "load", "cli",
    "tests", "docs", ".ci", "requirements",
)  # fmt: skip


def anchors(text: str) -> set[str]:
    """Of each heading, as GitHub makes them: a repeated one gets a number."""
    seen: Counter[str] = Counter()
    found = set()
    for title in re.findall(r"^#{1,6} (.+?) *#*$", FENCE.sub("", text), flags=re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title)
        slug = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        found.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
        seen[slug] += 1
    return found | set(re.findall(r'(?:id|name)="([^"]+)"', text))


ANCHORS = {name: anchors(text) for name, text in PAGES.items()}


def broken_links(name: str, text: str) -> list[str]:
    """Those to a file that is not there, and to an anchor that a document does not have."""
    broken = []
    prose = re.sub(r"`[^`\n]*`", "", FENCE.sub("", text))
    for link in (one or other for one, other in LINK.findall(prose)):
        path, _, anchor = link.partition("#")
        if "://" in link or link.startswith("mailto:"):
            continue
        target = (ROOT / name).parent.joinpath(path).resolve() if path else ROOT / name
        led = target.relative_to(ROOT).as_posix() if target.is_relative_to(ROOT) else ""
        if not led or not target.exists() or (anchor and anchor not in ANCHORS.get(led, ())):
            broken.append(link)
    return broken


@pytest.mark.parametrize("name", PAGES)
def test_every_link_leads_to_a_file_and_a_heading(name: str):
    assert broken_links(name, PAGES[name]) == []


def test_every_section_that_code_and_configuration_name_is_there():
    suffixes = {".py", ".yml", ".yaml", ".html", ".lua", ".js", ".json", ".md", ".toml", ".conf"}
    files = [file for folder in FOLDERS for file in (ROOT / folder).rglob("*")]
    files += [file for file in ROOT.iterdir() if file.is_file()]
    mentions = [
        (file.relative_to(ROOT).as_posix(), page, anchor)
        for file in files
        if (file.suffix in suffixes or file.name.startswith(".env"))
        if file.name not in (Path(__file__).name, "test_docs_site.py")  # have examples of their own
        for page, anchor in MENTION.findall(file.read_text("utf-8"))
    ]

    assert len(mentions) > 20
    assert [one for one in mentions if one[2] not in ANCHORS.get(one[1], ())] == []


def test_an_anchor_is_made_as_github_makes_it():
    text = "# A `b_c`, d & e\n\n## [F](g.md) - h?\n\n## Same\n\n### Same\n\n```\n# no\n```\n"

    assert anchors(text) == {"a-b_c-d--e", "f---h", "same", "same-1"}


@pytest.mark.parametrize(
    "link", ["[a](gone.md)", "[a](api.md#gone)", "[a](#gone)", '<img src="gone.png">', "[a](/etc)"]
)
def test_a_link_that_leads_nowhere_is_found(link: str):
    assert len(broken_links("docs/api.md", link)) == 1
    assert (
        broken_links("docs/api.md", f"`{link}` [b](../README.md) [c](https://d.example/#e)") == []
    )
