"""Pages before the framework are the framework's, byte for byte, for each member and state."""

import re
from dataclasses import replace
from typing import Any

import httpx
import pytest

from domain.room_settings import RoomSettings
from issuance.brandings import change_branding
from issuance.errors import OfficeAway
from tests.integration.cast import now
from tests.integration.phase_cast import SCENES, play
from tests.integration.web_cast import app_with, client_of, in_line
from tests.signed_in import session_of
from waitroom.errors import LineAway

NAMES = ["Alice", "<b>&\"'%s", "한글 이름", "x" * 64]
ASKED = {"x-request-id": "asked-of-both"}  # pages of errors show it
PAGES = ["/coupons/{}", "/rooms/{}", "/rooms/{}/place"]
# What differs between two requests: times, and with them when to ask again.
_TIMES = re.compile(
    rb'\d\d:\d\d:\d\d UTC|\d{4}-\d\d-\d\dT[0-9:.]+(\+00:00|Z)|content="\d+"|delay:[0-9.]+s'
)
# A deleted cookie expires in the second of its answer.
_EXPIRES = re.compile(r"expires=[^;]+; ")


class Both:
    """Asks the application, and its framework alone, as the same browser."""

    def __init__(self, app: Any, cookie: str) -> None:
        self._app = app
        self._entry = app._hot_path
        self._cookie = cookie

    async def ask(
        self, method: str, path: str, *, is_fast: bool | None = True, **headers: str
    ) -> httpx.Response:
        """The answer, which both must give."""
        headers = {"cookie": self._cookie, "accept-encoding": "gzip", **ASKED, **headers}
        left = []
        behind = self._entry._app

        class Counted:
            refuse = behind.refuse

            async def __call__(self, *call: Any) -> None:
                left.append(call)
                await behind(*call)

        self._entry._app = Counted()
        async with client_of(self._app) as client:
            fast = await client.request(method, path, headers=headers)
        self._entry._app = behind
        assert is_fast in (None, not left)
        transport = httpx.ASGITransport(app=behind, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            slow = await client.request(method, path, headers=headers)
        assert fast.status_code == slow.status_code
        assert _TIMES.sub(b"", fast.content) == _TIMES.sub(b"", slow.content)
        assert headers_of(fast) == headers_of(slow)
        assert method == "HEAD" or has_its_length(fast)
        return fast


def by_tls(cookie: str) -> str:
    """These cookies by their names over https."""
    return "; ".join(f"__Host-{one}" for one in cookie.split("; "))


def has_its_length(answer: httpx.Response) -> bool:
    return int(answer.headers["content-length"]) == answer.num_bytes_downloaded


def headers_of(answer: httpx.Response) -> list[tuple[str, str]]:
    # HSTS comes from a layer before both.
    unlike = {"content-length", "x-request-id", "strict-transport-security"}
    if answer.url.path.endswith("/place"):
        unlike.add("content-encoding")
    return sorted(
        (name, _EXPIRES.sub("", value))
        for name, value in answer.headers.multi_items()
        if name not in unlike
    )


def cookie_of(app: Any, member: str, name: str | None = None, **more: str) -> str:
    kept = {"member_session": session_of(app.state.parts.sessions, member, name), **more}
    return "; ".join(f"{key}={value}" for key, value in kept.items())


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("name", NAMES)
async def test_each_member_gets_their_own_page(app, line, engine, code, name, language):
    await in_line(line, engine, code)
    for member in ("first", "second"):
        await line.enter(code, member)

    for member, whose in (("first", "Somebody else"), ("second", name), ("second", name)):
        both = Both(app, cookie_of(app, member, whose, lang=language))
        for path in PAGES:
            answer = await both.ask("GET", path.format(code))
            assert answer.headers["content-language"] == language
            # A fragment has no part that is long enough to compress ahead.
            is_long = path != PAGES[2]
            assert (answer.headers.get("content-encoding") == "gzip") == is_long
            await both.ask("GET", path.format(code), **{"accept-encoding": "identity"})


async def test_a_visit_over_https(parts, line, engine, code):
    app = app_with(parts, base_url="https://shop.example.com")
    await in_line(line, engine, code)
    cookie = by_tls(cookie_of(app, "alice"))

    entered = await Both(app, cookie).ask("POST", f"/rooms/{code}/enter")
    kept = [one.partition(";")[0] for one in entered.headers.get_list("set-cookie")]
    assert all(one.startswith("__Host-") for one in kept)
    both = Both(app, "; ".join([cookie, "__Host-lang=ko", "__Host-ticket-other=x", *kept]))
    for path in PAGES:
        answer = await both.ask("GET", path.format(code))
        assert answer.headers["content-language"] == "ko"
        assert "strict-transport-security" in answer.headers

    # Names of the release before are renewed, by the framework.
    await Both(app, f"{cookie}; lang=ko").ask("GET", PAGES[1].format(code), is_fast=False)
    await Both(app, cookie_of(app, "alice")).ask("GET", PAGES[1].format(code), is_fast=False)


@pytest.mark.parametrize(
    ("message", "is_fast"), [("50 %s off & <more>", True), ("\ue000member_id\ue001", False)]
)
async def test_a_branded_room(app, line, engine, code, message, is_fast):
    await in_line(line, engine, code)
    branding = {"name": "<Shop> & 'Co'", "colour": "#aa3311", "message": message}
    change_branding(engine, code, branding, who="test", now=now())
    await line.enter(code, "alice")
    both = Both(app, cookie_of(app, "alice", **{f"from-{code}": "7"}))

    for path in PAGES:
        # A message that looks like a mark is left to the framework.
        answer = await both.ask("GET", path.format(code), is_fast=is_fast or path == PAGES[2])
        assert answer.status_code == 200


@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES)
async def test_each_phase_of_a_room(app, client, line, engine, code, redis_url, scene):
    await play(scene, client, line, engine, code, redis_url)
    app.state.offers.forget()
    status = await line.place(code, "alice")

    for member in ("alice", "carol"):
        both = Both(app, cookie_of(app, member, **({"lang": "ko"} if member == "carol" else {})))
        is_fast = member == "alice" and status.kind != "issued"
        for path in PAGES[1:]:
            await both.ask("GET", path.format(code), is_fast=is_fast)
        # While the line is restoring it can't be sure of those whom it lost.
        is_sure = member == "alice" or not status.facts.restoring_until_us
        answer = await both.ask("GET", PAGES[0].format(code), is_fast=is_sure or None)
        assert answer.status_code == 200


async def test_entering_by_the_form_is_the_frameworks_for_each_member_once(app, line, engine, code):
    await in_line(line, engine, code)

    for member in ("alice", "bob"):
        answer = await Both(app, cookie_of(app, member)).ask("POST", f"/rooms/{code}/enter")
        assert (answer.status_code, answer.headers["location"]) == (303, f"/rooms/{code}")

    assert (await line.room_stats(code)).waiting == 2


@pytest.mark.parametrize("changes", [{"state": "draining"}, {"challenge": "on"}], ids=str)
async def test_a_refusal_by_the_form_is_the_frameworks_and_counts_once(
    app, line, engine, code, changes
):
    await in_line(line, engine, code, room=RoomSettings(**changes))
    path, cookie = f"/rooms/{code}/enter", cookie_of(app, "alice")

    async with client_of(app) as client:
        await client.post(path, headers={"cookie": cookie})
    once = (await line.room_stats(code)).turned_away
    await Both(app, cookie).ask("POST", path, is_fast=False)

    assert (await line.room_stats(code)).turned_away == 3 * once


async def test_entering_counts_once_where_its_page_fails(app, line, engine, code, monkeypatch):
    await in_line(line, engine, code, room=RoomSettings(state="draining"))
    path, headers = f"/rooms/{code}/enter", {"cookie": cookie_of(app, "alice")}
    async with client_of(app) as client:
        await client.post(path, headers=headers)
        once = (await line.room_stats(code)).turned_away

        async def is_away(_code: str) -> None:
            raise OfficeAway

        monkeypatch.setattr(app.state.offers, "offer", is_away)
        answer = await client.post(path, headers=headers)

    assert answer.status_code == 503
    assert (once, (await line.room_stats(code)).turned_away) == (1, 2)


async def test_entering_is_not_tried_again_where_the_line_fails(
    app, line, engine, code, monkeypatch
):
    await in_line(line, engine, code)
    tried = []

    async def enter(*asked: object) -> None:
        tried.append(asked)
        raise LineAway

    monkeypatch.setattr(line, "enter", enter)
    async with client_of(app) as client:
        answer = await client.post(
            f"/rooms/{code}/enter", headers={"cookie": cookie_of(app, "alice")}
        )

    assert (answer.status_code, len(tried)) == (503, 1)


@pytest.mark.parametrize("name", ["room.html", "_place.html"])
async def test_a_shops_template_may_print_the_time(parts, line, engine, code, tmp_path, name):
    (tmp_path / name).write_text("<p>{{ now|clock_s }}</p>")
    app = app_with(parts, templates_dir=str(tmp_path))
    await in_line(line, engine, code)
    await line.enter(code, "alice")

    both = Both(app, cookie_of(app, "alice"))

    # A time in words is not filled in, so such a page is left to the framework.
    path = f"/rooms/{code}" + ("/place" if name == "_place.html" else "")
    for _ in range(2):
        answer = await both.ask("GET", path, is_fast=False)
        assert answer.text.startswith("<p>")


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", "/rooms/{}?lang=ko", {}),
        ("HEAD", "/rooms/{}", {}),
        ("GET", "/rooms/{}", {"authorization": "Bearer x"}),
        ("POST", "/rooms/{}/enter", {"sec-fetch-site": "cross-site"}),
        ("POST", "/rooms/{}/enter", {"origin": "https://elsewhere.example.com"}),
        ("GET", "/rooms/{}", {"cookie": "member_session=forged"}),
        ("GET", "/rooms/{}", {"cookie": "lang=ko"}),
        ("GET", "/rooms/unknown", {}),
        ("GET", "/coupons/unknown", {}),
    ],
)
async def test_anything_unusual_is_left_to_the_framework(
    app, line, engine, code, method, path, headers
):
    await in_line(line, engine, code)
    await line.enter(code, "bob")
    both = Both(app, cookie_of(app, "bob"))

    await both.ask(method, path.format(code), is_fast=False, **headers)

    assert (await line.room_stats(code)).waiting == 1


async def test_a_session_that_has_ended_gets_no_page(app, line, engine, code):
    await in_line(line, engine, code)
    await line.enter(code, "alice")
    both = Both(app, cookie_of(app, "alice"))
    await both.ask("GET", f"/rooms/{code}")

    app.state.parts.sessions.ended.note("alice", int(now().timestamp() * 1_000_000) + 1)

    answer = await both.ask("GET", f"/rooms/{code}", is_fast=False)
    assert answer.status_code == 303


async def test_pages_count_for_their_address_and_member(parts, line, engine, code):
    app = app_with(parts, limits=replace(parts.limits, member_requests_max=2))
    await in_line(line, engine, code)
    await line.enter(code, "alice")

    async with client_of(app, address="203.0.113.7") as client:
        headers = {"cookie": cookie_of(app, "alice")}
        answers = [await client.get(f"/rooms/{code}/place", headers=headers) for _ in range(9)]

    assert answers[0].status_code == 200
    assert answers[-1].status_code == 429
    asked = {one.call.route: one.statuses for one in app.state.http_counters.total().asked}
    assert sum(asked["/rooms/{code}/place"].values()) == 9
