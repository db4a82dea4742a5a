"""How many files a reader opens, in order, to follow one request from entering to the answer."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from types import FrameType

import httpx
import pytest

from tests.integration.web_cast import app_with, by, client_of, in_line, token

ROOT = Path(__file__).parents[2]
PACKAGES = {"application", "domain", "issuance", "passes", "processes", "waitroom", "web"}
# As many as there are. Lower them when there are fewer.
FILES_MAX = 29
RETURNS_MAX = 16


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


def returns(files: list[str]) -> list[str]:
    """The packages to which the list comes back after it has left them."""
    packages = [name for name, _ in groupby(str(Path(one).parent) for one in files)]
    return [name for at, name in enumerate(packages) if name in packages[:at]]


@pytest.fixture
async def client(parts, line, engine, code) -> AsyncIterator[httpx.AsyncClient]:
    await in_line(line, engine, code)
    async with client_of(app_with(parts)) as client:
        yield client


async def test_entering_is_followed_through_few_files(client, code):
    await client.post(f"/api/rooms/{code}/enter", headers=by("alice"))

    with followed() as files:
        answer = await client.post(f"/api/rooms/{code}/enter", headers=by("bob"))

    assert answer.status_code == 202
    assert len(files) <= FILES_MAX, "\n".join(files)


async def test_a_members_page_is_followed_without_going_back_and_forth(client, code):
    await client.get("/signin", params={"token": token("alice")})
    await client.post(f"/rooms/{code}/enter", headers={"Origin": "http://test"})
    await client.get(f"/rooms/{code}")

    with followed() as files:
        answer = await client.get(f"/rooms/{code}")

    assert answer.status_code == 200
    assert "place" in answer.text
    assert len(returns(files)) <= RETURNS_MAX, "\n".join(files)
