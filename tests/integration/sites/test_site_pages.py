"""Visitors in front of a site: who takes a place, who is let in, and where they come to."""

import time
from dataclasses import replace
from urllib.parse import quote

import pytest

from issuance.sites.site_rooms import change_site_room
from passes.signer import PassSigner
from tests.integration.cast import now
from tests.integration.line_cast import admit, crowd, enter
from tests.integration.site_web_cast import Browser, pass_in, site_room_open, state_of
from tests.open_redirects import SPELLINGS
from tests.pass_keys import ISSUER, PASS_KEYS
from waitroom.visits.visit import visit_of

PASSES = PassSigner(PASS_KEYS, issuer=ISSUER, now=time.time)

TARGET = "https://shop.example/shoes?size=250&colour=%EB%B9%A8%EA%B0%95#pair"


def at(code: str, after: str = "", target: str = TARGET) -> str:
    return f"/rooms/{code}{after}?t={quote(target, safe='')}"


async def test_nobody_waits_so_a_visitor_walks_in_by_redirects_alone(line, engine, code, person):
    await site_room_open(line, engine, code)

    first = await person.go(at(code))
    second = await person.go(first.headers["location"])

    assert (first.status_code, second.status_code) == (303, 303)
    assert person.cookies.keys() == {"__Host-visitor"}
    address = second.headers["location"]
    token = pass_in(address)
    assert address == TARGET.replace("#pair", f"&waitroom_pass={token}#pair")
    status = await line.place(code, (await line.visits.list_visits(code))[0].member_id)
    assert status.kind == "inside"
    assert visit_of(status, code).member_id.startswith("v:")


async def test_with_a_crowd_waiting_nobody_walks_in_past_it(line, engine, code, person):
    await site_room_open(line, engine, code, seats=2, passthrough="off")
    await enter(line, code, crowd(5))
    await change_settings(line, engine, code, passthrough="auto")

    page = await person.arrive(at(code))

    assert (page.status_code, state_of(page)) == (200, "waiting")
    assert "6" in page.text


async def change_settings(line, engine, code, **changes):
    changed = change_site_room(
        engine,
        code,
        lambda room: replace(room, settings=room.settings.change(**changes)),
        who="test",
        now=now(),
    )
    await line.apply_settings(changed.room)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sec_fetch_mode": "navigate", "sec_fetch_dest": "iframe"},
        {"sec_fetch_mode": "no-cors", "sec_fetch_dest": "image"},
        {"sec_fetch_mode": "navigate", "sec_fetch_dest": "document", "sec_purpose": "prefetch"},
        {"sec_fetch_mode": "navigate", "sec_fetch_dest": "document", "purpose": "prefetch"},
        {"user_agent": "Twitterbot/1.0"},
    ],
    ids=["says nothing", "frame", "picture", "prefetch", "old prefetch", "preview"],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_only_somebody_who_comes_here_takes_a_place(
    line, engine, code, person, headers, method
):
    await site_room_open(line, engine, code)

    await person.ask("GET", at(code), **headers)
    page = await person.ask(method, at(code), **headers)

    assert page.status_code == 200
    assert (await line.room_stats(code)).entered == 0
    if method == "GET":
        assert f'action="{at(code, "/enter").replace("&", "&amp;")}' in page.text


async def test_a_head_of_a_navigation_takes_no_place(line, engine, code, person):
    await site_room_open(line, engine, code)
    await person.ask("GET", at(code))

    await person.ask("HEAD", at(code), sec_fetch_mode="navigate", sec_fetch_dest="document")

    assert (await line.room_stats(code)).entered == 0


async def test_the_button_takes_a_place_and_then_lets_in(line, engine, code, person):
    await site_room_open(line, engine, code)
    await person.ask("GET", at(code))

    entered = await person.press(at(code, "/enter"))
    page = await person.ask("GET", entered.headers["location"])
    inside = await person.press(at(code, "/go"))

    assert (entered.status_code, state_of(page), state_of(inside)) == (303, "called", "inside")
    assert "https://shop.example/shoes?" in inside.text


async def test_without_cookies_nobody_takes_a_place_and_the_page_says_so(
    line, engine, code, client
):
    await site_room_open(line, engine, code)

    first = await Browser(client).go(at(code))
    again = await Browser(client).go(first.headers["location"])

    assert again.status_code == 400
    assert "blocks cookies" in again.text
    assert (await line.room_stats(code)).entered == 0


async def test_a_called_visitor_is_taken_to_the_address_they_wanted(line, engine, code, person):
    await site_room_open(line, engine, code, passthrough="off", seats=1)
    waiting = await person.arrive(at(code))
    await admit(line, code, 1)

    called = await person.arrive(at(code))
    gone = await person.go(at(code, "/go"))
    again = await person.go(at(code, "/go"))

    assert (state_of(waiting), state_of(called)) == ("waiting", "called")
    assert '<meta http-equiv="refresh" content="5; url=/rooms/' in called.text
    assert gone.headers["location"].startswith("https://shop.example/shoes?size=250&colour=")
    visits = await line.visits.list_visits(code)
    claims = [PASSES.verify(pass_in(one.headers["location"]), code) for one in (gone, again)]
    assert [one.sid for one in claims] == [visits[0].visit_id] * 2
    assert claims[0].sub == visits[0].member_id


async def test_who_was_not_called_is_sent_back_to_the_line(line, engine, code, person):
    await site_room_open(line, engine, code, passthrough="off")
    await person.arrive(at(code))

    refused = await person.go(at(code, "/go"))

    assert (refused.status_code, refused.headers["location"]) == (303, at(code))


async def test_a_prefetched_link_claims_nothing(line, engine, code, person):
    await site_room_open(line, engine, code, passthrough="off")
    await person.arrive(at(code))
    await admit(line, code, 1)

    page = await person.ask(
        "GET",
        at(code, "/go"),
        sec_fetch_mode="navigate",
        sec_fetch_dest="document",
        sec_purpose="prefetch",
    )

    assert page.status_code == 200
    assert await line.visits.list_visits(code) == []


async def test_a_visit_that_is_over_is_said_to_be_and_may_begin_again(line, engine, code, person):
    await site_room_open(line, engine, code)
    await person.arrive(at(code))
    [visit] = await line.visits.list_visits(code)
    inside = await person.arrive(at(code))
    await line.visits.finish(code, visit.visit_id)

    over = await person.arrive(at(code))
    await person.press(at(code, "/enter"))
    called = await person.arrive(at(code))

    assert (state_of(inside), state_of(over), state_of(called)) == ("inside", "finished", "called")


async def test_who_leaves_has_no_place_until_they_press_the_button(line, engine, code, person):
    await site_room_open(line, engine, code, passthrough="off")
    await person.arrive(at(code))

    left = await person.press(at(code, "/leave"))

    assert (left.status_code, state_of(left)) == (200, "absent")
    assert (await line.room_stats(code)).waiting == 0


@pytest.mark.parametrize("name", ["t", "next", "redirect_uri", "return_url"])
async def test_no_spelling_of_an_address_leads_away_from_the_site(line, engine, code, person, name):
    await site_room_open(line, engine, code)
    await person.arrive(f"/rooms/{code}")
    ours = ("https://shop.example/", "http://localhost:8080/")

    for spelling in SPELLINGS:
        query = f"?{name}={quote(spelling, safe='', errors='surrogatepass')}"
        for path in (f"/rooms/{code}{query}", f"/rooms/{code}/go{query}"):
            answer = await person.go(path)
            location = answer.headers.get("location", "/rooms/")
            assert location.startswith((*ours, "/rooms/")), (path, location)
            assert "evil.example" not in answer.text.replace(quote(spelling, safe=""), "")
        pressed = await person.press(f"/rooms/{code}/go{query}")
        assert 'href="https://shop.example/?waitroom_pass=' in pressed.text


async def test_the_pages_speak_of_no_coupons(line, engine, code, person):
    await site_room_open(line, engine, code, passthrough="off")
    pages = [await person.ask("GET", at(code)), await person.arrive(at(code))]
    await admit(line, code, 1)
    pages += [await person.arrive(at(code)), await person.press(at(code, "/go"))]
    [visit] = await line.visits.list_visits(code)
    await line.visits.revoke(code, visit.visit_id)
    pages.append(await person.arrive(at(code)))

    states = [state_of(page) for page in pages]
    assert states == ["absent", "waiting", "called", "inside", "revoked"]
    for page in pages:
        assert "coupon" not in page.text.lower()


async def test_a_visitor_is_nobody_where_there_are_coupons(person, client, line, engine, code):
    await site_room_open(line, engine, code)
    await person.go(at(code))

    me = await person.go("/me")
    mine = await person.ask("GET", "/api/me/coupons")

    assert (me.status_code, me.headers.get("location")) == (303, "/signin?next=/me")
    assert mine.status_code in (401, 404)


async def test_the_stream_shows_the_turn(line, engine, code, person, client):
    await site_room_open(line, engine, code, passthrough="off")
    await person.arrive(at(code))

    fragment = await person.ask("GET", at(code, "/place"))

    assert state_of(fragment) == "waiting"
    assert "<html" not in fragment.text
    assert f'hx-get="{at(code, "/place")}"' in fragment.text
