"""The documents say it as CONTRIBUTING.md asks: active, and in the field's terms."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    page.relative_to(ROOT).as_posix()
    for page in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"))
)
# A pattern, and what to write instead.
INSTEAD = {
    r"who(?:ever|soever|sever)": "name the actor: a member, an admin, a process",
    r"(?:is|are|was|were|be|been|being) (?:told|said|heard)": "say who reports: `the answer says`",
    r"let(?:s|ting)? (?:\w+ )?through": "admit",
    r"fed again|feeds? (?:\w+ )?again": "enqueue again",
    r"borne|steersman|lookout|conveyor": "the glossary's term",
    r"at the door|of the house": "on entering; of this project",
}
A_LINK = re.compile(r"\]\([^)]*\)")


def prose(page: str) -> str:
    """Without code, links, and the table of mutations (named like their tests)."""
    text = page.partition("<!-- mutations -->")[0]
    text = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    return A_LINK.sub("]", re.sub(r"`[^`]*`", "", text))


def found_in(page: str) -> dict[str, str]:
    """Each phrase that has a better one, and that."""
    text = " ".join(prose(page).split())
    return {
        found[0].lower(): instead
        for pattern, instead in INSTEAD.items()
        for found in re.finditer(rf"\b(?:{pattern})\b", text, re.IGNORECASE)
    }


@pytest.mark.parametrize("name", PAGES)
def test_a_document_uses_the_active_voice_and_the_terms_of_the_field(name: str):
    assert found_in((ROOT / name).read_text("utf-8")) == {}


def test_a_phrase_is_found_across_lines_but_not_in_code_or_links():
    assert found_in("Whoever waits\nis\ntold so.").keys() == {"whoever", "is told"}
    assert found_in("`whoever`, [door](at-the-door.md)\n```\nborne\n```\n") == {}
    assert found_in("Members are fed again and let people through.").keys() == {
        "fed again", "let people through",
    }  # fmt: skip
