"""How many files a reader opens, in order, to follow one request from entering to the answer.

A file counts from the first call of a function of its own. Every process has made its caches by
then, and so has the one here: what is worked out once (an address, a language, a compiled template)
is not on the path of a crowd. The request comes from an address that has limits, as a crowd's do,
and its token was signed before. Of the office's threads nothing is seen.

A package here is a folder: `web` and `web/auth` are two. Templates count as one, `web/templates`: a
reader of the page opens them too. Both lists are those of docs/architecture.md.
"""

from __future__ import annotations

import re
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from types import FrameType

import httpx
import pytest
from fastapi import FastAPI

from tests.integration.web_cast import app_with, by, client_of, in_line, token

ROOT = Path(__file__).parents[2]
PACKAGES = {
    "application", "domain", "issuance", "passes", "processes", "topology", "waitroom", "web",
}  # fmt: skip
# Of documentation (RFC 5737): an address that nothing exempts from the limits.
ADDRESS = "203.0.113.7"
LISTED = re.compile(r"^\d+\. `[^`]+/`: `[^`]+`(?:, `[^`]+`)*", re.MULTILINE)
FILES_MAX = 18
RETURNS_MAX = 6


@contextmanager
def followed() -> Iterator[list[str]]:
    """The product's files in the order in which functions of theirs are first called."""
    files: dict[str, None] = {}

    def note(frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if event != "call" or code.co_name == "<module>":
            return
        path = Path(code.co_filename)
        if path.is_relative_to(ROOT):
            name = path.relative_to(ROOT)
            if name.parts[0] in PACKAGES:
                files.setdefault(str(name))

    found: list[str] = []
    sys.setprofile(note)
    try:
        yield found
    finally:
        sys.setprofile(None)
        found += files


def packages(files: list[str]) -> list[tuple[str, list[str]]]:
    """Each stay in a package, with the files first opened during it."""
    return [
        (folder, [Path(one).name for one in some])
        for folder, some in groupby(files, key=lambda one: str(Path(one).parent))
    ]


def returns(files: list[str]) -> list[str]:
    """The packages to which the list comes back after it has left them."""
    stays = [folder for folder, _ in packages(files)]
    return [folder for at, folder in enumerate(stays) if folder in stays[:at]]


def as_documented(files: list[str]) -> str:
    """As a list in docs/architecture.md."""
    stays = [
        f"`{folder}/`: {', '.join(f'`{one}`' for one in some)}" for folder, some in packages(files)
    ]
    return "\n".join(f"{number}. {stay}" for number, stay in enumerate(stays, 1))


def documented(path: str) -> str:
    """The list under this heading, without what it says of each stay."""
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    _, _, section = page.partition(f"### {path}\n")
    return "\n".join(LISTED.findall(section.partition("\n#")[0]))


@pytest.fixture
def app(parts) -> FastAPI:
    return app_with(parts)


@pytest.fixture
async def client(app, line, engine, code) -> AsyncIterator[httpx.AsyncClient]:
    await in_line(line, engine, code)
    async with client_of(app, ADDRESS) as client:
        yield client


async def test_entering_is_followed_through_few_files(client, code):
    as_alice, as_bob = by("alice"), by("bob")
    await client.post(f"/api/rooms/{code}/enter", headers=as_alice)

    with followed() as files:
        answer = await client.post(f"/api/rooms/{code}/enter", headers=as_bob)

    assert answer.status_code == 202
    assert len(files) <= FILES_MAX, as_documented(files)
    assert documented("A program enters") == as_documented(files), as_documented(files)


async def test_a_members_page_is_followed_without_going_back_and_forth(app, client, code):
    await client.get("/signin", params={"token": token("alice")})
    await client.post(f"/rooms/{code}/enter", headers={"Origin": "http://test"})
    await client.get(f"/rooms/{code}")
    app.state.offers.forget()  # so that the offers are read on the way, whenever this runs

    with followed() as files:
        answer = await client.get(f"/rooms/{code}")

    assert answer.status_code == 200
    assert "place" in answer.text
    assert len(returns(files)) <= RETURNS_MAX, as_documented(files)
    assert documented("A member looks at a page") == as_documented(files), as_documented(files)
