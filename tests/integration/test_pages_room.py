"""The ticket page and its fragment, in every state a place can be in."""

import pytest

from domain.room_settings import RoomSettings
from tests.integration.cast import HOUR, now, on_offer
from tests.integration.web_cast import (
    Html,
    app_with,
    by,
    client_of,
    cookies_set,
    in_line,
    serve,
    token,
)

ENTER, LEAVE = "/rooms/{}/enter", "/rooms/{}/leave"


async def seen(client, code: str, state: str) -> tuple[Html, Html]:
    """The page and its fragment, which must both be in this state."""
    found = []
    for path in (f"/rooms/{code}", f"/rooms/{code}/place"):
        answer = await client.get(path)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        page = Html(answer)
        assert page.place["data-state"] == state
        asks_again = state in ("waiting", "admitted")
        assert (page.place.get("hx-get") == f"/rooms/{code}/place") == asks_again
        found.append(page)
    assert found[0].title
    assert not found[1].title
    return found[0], found[1]


async def test_who_has_not_entered_is_offered_to(alice, line, engine, code):
    await in_line(line, engine, code)

    page, _ = await seen(alice, code, "absent")

    assert ENTER.format(code) in page.forms
    assert (await line.room_stats(code)).waiting == 0


async def test_who_waits_sees_their_place_and_keeps_their_ticket(alice, line, engine, code):
    await in_line(line, engine, code)
    await line.enter(code, "bob")

    entered = await alice.post(ENTER.format(code))
    page, fragment = await seen(alice, code, "waiting")

    assert (entered.status_code, entered.headers["location"]) == (303, f"/rooms/{code}")
    kept = set(cookies_set(entered)[f"ticket-{code}"].split("; "))
    assert {"HttpOnly", "SameSite=lax", f"Path=/rooms/{code}", "Max-Age=604800"} <= kept
    assert "1 person is ahead of you." in page.text
    assert "1 person is ahead of you." in fragment.text
    assert LEAVE.format(code) in page.forms
    assert page.title.startswith("2 · In line")


async def test_a_resting_line_says_that_the_place_is_kept(alice, line, engine, code):
    await in_line(line, engine, code, room=RoomSettings(state="paused"))
    await alice.post(ENTER.format(code))

    page, _ = await seen(alice, code, "waiting")

    assert "Paused for a moment. Your place is safe." in page.text


async def test_who_is_admitted_is_told_it_is_their_turn(alice, line, engine, code):
    await in_line(line, engine, code)
    await alice.post(ENTER.format(code))
    await line.admit(code, at_most=1, lease_s=15)

    page, _ = await seen(alice, code, "admitted")

    assert "It’s your turn" in page.text


async def test_who_got_one_sees_it_and_needs_no_ticket_any_more(alice, line, engine, code):
    await in_line(line, engine, code)
    await alice.post(ENTER.format(code))
    await serve(line, engine, code)
    issued = (await alice.get("/api/me/coupons")).json()[0]

    page, fragment = await seen(alice, code, "issued")

    assert issued["id"] in page.text
    assert issued["id"] in fragment.text
    answer = await alice.get(f"/rooms/{code}")
    assert "Max-Age=0" in cookies_set(answer)[f"ticket-{code}"]


@pytest.mark.parametrize("why", ["sold_out", "closed"])
async def test_who_waits_for_nothing_is_told_so(alice, line, engine, code, why):
    await in_line(line, engine, code, total=1)
    await line.enter(code, "bob")
    await alice.post(ENTER.format(code))
    if why == "sold_out":
        await serve(line, engine, code, at_most=1)
    else:
        headers = {"Authorization": "Bearer an-admin-sends-this-token-with-each-call"}
        await alice.patch(f"/api/admin/rooms/{code}", headers=headers, json={"state": "closed"})

    page, _ = await seen(alice, code, "refused")

    assert {"sold_out": "Sold out", "closed": "Closed"}[why] in page.text
    assert LEAVE.format(code) not in page.forms


@pytest.mark.parametrize(
    ("changes", "status", "words", "try_again"),
    [
        ({"room": RoomSettings(state="closed")}, 410, "Closed", False),
        ({"room": RoomSettings(state="draining")}, 409, "Entry is closed", False),
        ({"room": RoomSettings(size_max=1)}, 503, "Room full", True),
        ({"opens_at": now() + HOUR, "expire_date": now() + 2 * HOUR}, 409, "Not open yet", True),
    ],
)
async def test_who_is_refused_at_the_door_reads_why(
    alice, line, engine, code, changes, status, words, try_again
):
    await in_line(line, engine, code, **changes)
    await line.enter(code, "bob")

    answer = await alice.post(ENTER.format(code))

    assert answer.status_code == status
    page = Html(answer)
    assert page.place["data-state"] == "refused"
    assert "hx-get" not in page.place
    assert words in page.text
    assert (ENTER.format(code) in page.forms) == try_again


async def test_leaving_gives_up_the_place_and_the_ticket(alice, line, engine, code):
    await in_line(line, engine, code)
    await alice.post(ENTER.format(code))

    left = await alice.post(LEAVE.format(code))

    assert (left.status_code, left.headers["location"]) == (303, f"/coupons/{code}?left=1")
    assert "Max-Age=0" in cookies_set(left)[f"ticket-{code}"]
    await seen(alice, code, "absent")


async def test_leaving_says_what_it_did_and_only_to_who_has_left(alice, line, engine, code):
    await in_line(line, engine, code)
    await alice.post(ENTER.format(code))
    told = "You have left the line, and your place is gone."

    still = await alice.get(f"/coupons/{code}?left=1")
    left = await alice.post(LEAVE.format(code))
    page = await alice.get(left.headers["location"])

    assert told not in Html(still).text
    assert told in Html(page).text
    assert ENTER.format(code) in Html(page).forms


async def test_the_page_of_a_line_that_is_sold_out_says_so_to_a_newcomer(alice, line, engine, code):
    await in_line(line, engine, code, total=1)
    await line.enter(code, "bob")
    await serve(line, engine, code)

    page = Html(await alice.get(f"/rooms/{code}"))

    assert "All of these coupons have been issued." in page.text
    assert "nobody new can get in" in page.text
    assert ENTER.format(code) not in page.forms


async def test_sold_out_tells_where_one_stood(alice, line, engine, code):
    await in_line(line, engine, code, total=1)
    for member in ("bob", "charlie"):
        await line.enter(code, member)
    await alice.post(ENTER.format(code))
    await serve(line, engine, code, at_most=1)

    text = " ".join(Html(await alice.get(f"/rooms/{code}")).text.split())

    assert "The only coupon went to someone ahead of you." in text
    assert "Your place at first3" in text


@pytest.mark.parametrize("path", ["", "/place"])
async def test_who_is_signed_out_is_sent_to_sign_in(client, line, engine, code, path):
    await in_line(line, engine, code)

    answer = await client.get(f"/rooms/{code}{path}")

    assert answer.status_code == 303
    assert answer.headers["location"] == f"/signin?next=/rooms/{code}{path}"


@pytest.mark.parametrize("form", [ENTER, LEAVE])
async def test_a_form_of_who_is_signed_out_changes_nothing(client, line, engine, code, form):
    await in_line(line, engine, code)

    answer = await client.post(form.format(code))

    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/signin?next=/")
    assert (await line.room_stats(code)).entered == 0


async def test_a_direct_coupon_and_an_unknown_one_have_no_ticket_page(alice, engine, code):
    on_offer(engine, code, issuing="pessimistic")

    for room in (code, "nothing"):
        for answer in (
            await alice.get(f"/rooms/{room}"),
            await alice.get(f"/rooms/{room}/place"),
            await alice.post(ENTER.format(room)),
        ):
            assert answer.status_code == 404
            assert "No such" in Html(answer).title


async def test_a_page_and_the_api_tell_the_same_place(alice, line, engine, code):
    await in_line(line, engine, code)
    for member in ("bob", "charlie"):
        await line.enter(code, member)
    await alice.post(ENTER.format(code))

    place = (await alice.get(f"/api/rooms/{code}/place", headers=by("alice"))).json()
    page, _ = await seen(alice, code, "waiting")

    assert place["place"] == 3
    assert page.title.startswith("3 · In line")


async def test_the_ticket_insists_on_tls_where_there_is_tls(parts, line, engine, code):
    await in_line(line, engine, code)
    app = app_with(parts, base_url="https://shop.example")

    async with client_of(app) as client:
        client.base_url = "https://test"
        await client.get("/signin", params={"token": token("alice")})
        entered = await client.post(ENTER.format(code))

    assert "Secure" in cookies_set(entered)[f"__Host-ticket-{code}"].split("; ")
