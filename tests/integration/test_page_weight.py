"""A page arrives on a bad network: what a first visit asks for stays small, counted on the wire."""

from __future__ import annotations

import re

import pytest

from load.page_visit import PageVisit, visit_page
from tests.house import House, eventually
from tests.signed_in import session_of
from web.auth.sessions import SESSION_COOKIE

REQUESTS_MAX, BYTES_MAX = 6, 45_000
# Where the room asks for a proof of work.
CHALLENGE_REQUESTS_MAX, CHALLENGE_BYTES_MAX = 10, 85_000
ADMIN_BYTES_MAX = 120_000
LOOK = {"name": "봄 가게", "colour": "#aa2255", "message": "Pick-up is from Monday."}
MEMBER_PAGES = (
    "/", "/signin", "/me", "/nowhere", "/coupons/{code}", "/rooms/{code}", "/rooms/{code}/draw",
)  # fmt: skip
ADMIN_PAGES = (
    "/admin", "/admin/audit", "/admin/coupons/new", "/admin/coupons/{code}/edit",
    "/admin/rooms/{code}", "/admin/rooms/{code}/result",
)  # fmt: skip


class Visitor:
    """Somebody with an empty cache who is signed in."""

    def __init__(self, house: House, language: str, encoding: str) -> None:
        self._house = house
        self._encoding = encoding
        self._headers = {
            "Cookie": f"{SESSION_COOKIE}={session_of(house.sessions)}",
            "Accept-Language": language,
        }

    def visits(self, path: str, **headers: str) -> PageVisit:
        found = visit_page(
            self._house.base_url, path, self._headers | headers, encoding=self._encoding
        )
        language = self._headers["Accept-Language"]
        assert re.search(rb'<html lang="(\w+)"', found.fetched[0].body)[1].decode() == language
        assert [(one.path, one.status) for one in found.fetched[1:] if one.status != 200] == []
        assert len(found.fetched) > 2, "it has a style sheet and a script"
        return found


def weighed(found: PageVisit) -> tuple[int, int]:
    return found.requests, found.wire_bytes


def over(found: dict[str, tuple[int, int]], requests_max: int, bytes_max: int) -> dict[str, object]:
    """The pages that are too heavy, with their requests and bytes."""
    return {page: one for page, one in found.items() if one[0] > requests_max or one[1] > bytes_max}


@pytest.fixture
def open_room(house: House, code: str) -> str:
    """A room with a look of its own, in which alice waits."""
    house.start_web()
    house.offer(code, total=5, lobby_s=60, opening="draw")
    house.admin("PATCH", f"/rooms/{code}/branding", LOOK)
    eventually(lambda: house.member("POST", f"/api/rooms/{code}/enter", "alice")[0] == 202)
    return code


def test_a_first_visit_asks_for_little(house, open_room):
    seen: dict[str, tuple[int, int]] = {}
    challenged: dict[str, tuple[int, int]] = {}
    consoles: dict[str, tuple[int, int]] = {}
    visitors = {
        (language, encoding): Visitor(house, language, encoding)
        for language in ("en", "ko")
        for encoding in ("gzip, deflate, br, zstd", "gzip")
    }
    admin = {"Authorization": f"Bearer {house.admin_token}"}

    for name, visitor in visitors.items():
        for path in MEMBER_PAGES:
            seen[f"{path} {name}"] = weighed(visitor.visits(path.format(code=open_room)))
        for path in ADMIN_PAGES:
            found = visitor.visits(path.format(code=open_room), **admin)
            consoles[f"{path} {name}"] = weighed(found)
            assert found.fetched[0].status == 200
    waiting = visitor.visits(f"/rooms/{open_room}")
    house.admin("PATCH", f"/rooms/{open_room}", {"challenge": "on"})
    eventually(lambda: "altcha" in str(visitor.visits(f"/coupons/{open_room}")))
    for name, visitor in visitors.items():
        for path in ("/coupons/{code}", "/rooms/{code}"):
            found = visitor.visits(path.format(code=open_room))
            challenged[f"{path} {name}"] = weighed(found)
            assert any("altcha" in one.path for one in found.fetched)

    assert waiting.stream == f"/rooms/{open_room}/live"
    assert over(seen, REQUESTS_MAX, BYTES_MAX) == {}
    assert over(challenged, CHALLENGE_REQUESTS_MAX, CHALLENGE_BYTES_MAX) == {}
    assert over(consoles, 100, ADMIN_BYTES_MAX) == {}
