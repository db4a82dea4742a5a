"""The board's pages: what they show, and the hand on the rate; plain forms throughout."""

import re
import time

import pytest

from domain.room_settings import RoomSettings
from domain.stores.remote_clock import RemoteClock
from tests.integration.web_cast import ADMIN, Html, app_with, by, client_of, in_line
from waitroom.redis_io.constants import METER_SLOTS
from waitroom.redis_io.keys import Keys

HERE = ADMIN | {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
async def board(client, line, engine, code):
    """The board's address; its room is at 100/s."""
    await in_line(line, engine, code, room=RoomSettings(rate_per_s=100))
    return f"/admin/rooms/{code}"


async def turn(client, board, what, version, **more):
    form = {"what": what, "version": version, **more}
    return await client.post(f"{board}/turn", headers=HERE, data=form)


async def test_the_board_and_its_fragments_say_how_it_goes(client, code, board):
    await client.post(f"/api/rooms/{code}/enter", headers=by("alice"))
    await client.patch(f"/api/admin/rooms/{code}", headers=ADMIN, json={"state": "paused"})

    page = Html(await client.get(board, headers=ADMIN))
    fragment = Html(await client.get(f"{board}/board", headers=ADMIN))
    hand = Html(await client.get(f"{board}/hand", headers=ADMIN))

    assert "Paused. One member is waiting and keeps their place." in page.text
    assert "Paused. One member is waiting and keeps their place." in fragment.text
    assert "last changed by admin token" in " ".join(fragment.text.split())
    assert list(hand.forms) == [f"{board}/turn"]
    assert page.forms[f"{board}/turn"]["version"] == "2"


@pytest.mark.parametrize(
    ("what", "more", "rate", "state"),
    [
        ("set", {"rate_per_s": "62.5"}, 62.5, "open"),
        ("less", {}, 90, "open"),
        ("more", {}, 110, "open"),
        ("pause", {}, 100, "paused"),
        ("resume", {}, 100, "open"),
        ("drain", {"confirmed": "1"}, 100, "draining"),
        ("close", {"confirmed": "1"}, 100, "closed"),
    ],
)
async def test_what_is_turned_is_in_force_at_once(
    client, line, code, board, what, more, rate, state
):
    answer = await turn(client, board, what, 1, **more)
    figures = await line.room_stats(code)

    assert (answer.status_code, answer.headers["location"]) == (303, board)
    assert (figures.rate_per_s, figures.state) == (rate, state)


async def test_a_line_that_drains_says_how_many_are_left_and_can_be_opened_again(
    client, line, code, board
):
    for member in ("alice", "bob"):
        await line.enter(code, member)
    await turn(client, board, "drain", 1, confirmed="1")

    page = Html(await client.get(board, headers=ADMIN))
    late = await turn(client, board, "drain", 1)
    opened = await turn(client, board, "resume", 2)

    assert "Draining: no new entries. 2 members are still in line." in page.text
    assert "state: draining" in page.text
    assert "Open again" in page.text
    assert late.status_code == 409
    assert "Current settings: 100/s, draining." in Html(late).text
    assert (opened.status_code, (await line.room_stats(code)).state) == (303, "open")


@pytest.mark.parametrize(
    ("what", "more", "question", "does"),
    [
        ("set", {"rate_per_s": "301"}, "301/s, 3 times the present rate?", {"rate_per_s": 301}),
        ("drain", {}, "Take nobody new?", {"state": "draining"}),
        ("close", {}, "End it for 1 in line?", {"state": "closed"}),
    ],
)
async def test_a_dangerous_change_asks_and_then_does_what_it_said(
    client, line, code, board, what, more, question, does
):
    """By plain forms, as a browser without JavaScript sends them."""
    await line.enter(code, "alice")

    asked = await turn(client, board, what, 1, **more)
    kept = await line.room_stats(code)
    page = Html(asked)
    form = page.by_button["confirmed"]
    done = await client.post(f"{board}/turn", headers=HERE, data=form | {"confirmed": "1"})
    figures = await line.room_stats(code)

    assert (asked.status_code, kept.version) == (200, 1)
    assert question in page.text
    assert 'http-equiv="refresh"' not in asked.text
    assert done.status_code == 303
    assert {name: getattr(figures, name) for name in does} == does


async def test_pausing_needs_no_version_and_ends_no_closed_room(client, line, code, board):
    """A colleague has just changed the rate: the room stops nevertheless."""
    await turn(client, board, "set", 1, rate_per_s="60")

    paused = await client.post(f"{board}/turn", headers=HERE, data={"what": "pause"})
    state = (await line.room_stats(code)).state
    resumed = await client.post(f"{board}/turn", headers=HERE, data={"what": "resume"})
    await turn(client, board, "close", 4, confirmed="1")
    too_late = await client.post(f"{board}/turn", headers=HERE, data={"what": "pause"})
    without = await client.post(f"{board}/turn", headers=HERE, data={"what": "close"})

    assert (paused.status_code, state, resumed.status_code) == (303, "paused", 303)
    assert (too_late.status_code, without.status_code) == (409, 422)
    assert (await line.room_stats(code)).state == "closed"


async def test_of_two_admins_the_second_is_shown_what_is_in_force_and_asked_again(
    client, line, code, board
):
    await turn(client, board, "set", 1, rate_per_s="60")

    told = await turn(client, board, "set", 1, rate_per_s="180")
    page = Html(told)
    kept = (await line.room_stats(code)).rate_per_s
    again = await turn(
        client, board, "set", page.forms[f"{board}/turn"]["version"], rate_per_s="180"
    )

    assert (told.status_code, kept) == (409, 60)
    assert "Current settings: 60/s, open." in page.text
    assert 'value="180"' in told.text, "what was asked for is still there"
    assert again.status_code == 303
    assert (await line.room_stats(code)).rate_per_s == 180


@pytest.mark.parametrize("rate", ["", "fast", "-1", "0", "nan", "inf", "1e9"])
async def test_a_rate_that_cannot_be_is_asked_for_again(client, line, code, board, rate):
    answer = await turn(client, board, "set", 1, rate_per_s=rate)

    assert answer.status_code == 422
    assert "The rate must be a number above 0" in Html(answer).text
    assert (await line.room_stats(code)).rate_per_s == 100


async def test_while_a_part_is_away_the_board_says_which(parts, board, line_away, engine_away):
    async with client_of(app_with(parts, line=line_away)) as client:
        no_line = Html(await client.get(board, headers=ADMIN))
    async with client_of(app_with(parts, engine=engine_away)) as client:
        no_office = Html(await client.get(f"{board}/board", headers=ADMIN))

    assert "Redis is unreachable" in no_line.text
    assert "Admission has stopped: Postgres is unreachable." in no_office.text


async def test_the_result_says_what_became_of_all(client, code, board):
    await client.post(f"/api/rooms/{code}/enter", headers=by("alice"))

    page = Html(await client.get(f"{board}/result", headers=ADMIN))

    assert "Entered" in page.text


@pytest.mark.parametrize("path", ["", "/board", "/hand", "/autopilot", "/result", "/reconcile"])
async def test_no_member_sees_any_of_it(client, board, path):
    stranger = await client.get(board + path)
    member = await client.get(board + path, headers=by("alice"))

    assert stranger.status_code in (303, 401)
    assert member.status_code == 403


@pytest.mark.parametrize("path", ["/turn", "/simulate", "/reconcile"])
async def test_no_member_and_no_other_site_turns_anything(client, line, code, board, path):
    form = {"what": "close", "version": 1, "members": 5}
    elsewhere = ADMIN | {"Sec-Fetch-Site": "cross-site"}

    answers = [
        await client.post(board + path, data=form, headers=headers)
        for headers in ({}, by("alice"), elsewhere)
    ]

    assert [one.status_code for one in answers] == [401, 403, 403]
    assert (await line.room_stats(code)).state == "open"


async def test_crowds_are_sent_in_the_demo_only_one_at_a_time(parts, board, code):
    sent, free = [], [True, False]

    def send(room, members):
        sent.append((room, members))
        return free.pop(0)

    async def ask(members, **changes):
        async with client_of(app_with(parts, **changes)) as client:
            form = {"members": members}
            answer = await client.post(f"{board}/simulate", data=form, headers=HERE)
            return answer.status_code, answer.headers.get("location")

    assert await ask(50, simulate=send) == (404, None)
    assert await ask(50, demo=True) == (404, None)
    assert await ask(20_001, simulate=send, demo=True) == (422, None)
    assert sent == []
    assert await ask(50, simulate=send, demo=True) == (303, f"{board}?sent=50")
    assert await ask(60, simulate=send, demo=True) == (303, f"{board}?sent=-1")
    assert sent == [(code, 50), (code, 60)]


async def test_what_a_form_was_answered_stays_and_leads_back(client, board):
    await turn(client, board, "set", 1, rate_per_s="60")

    told = await turn(client, board, "set", 1, rate_per_s="240")
    plain = await client.get(board, headers=ADMIN)

    assert 'http-equiv="refresh"' not in told.text
    assert f'href="{board}?lang=ko"' in told.text
    assert 'http-equiv="refresh"' in plain.text


async def test_just_after_a_change_the_board_shows_the_rate_of_the_last_whole_second(
    parts, raw_redis, code, board
):
    """Of 100 and 200 admitted in turn: the mean of several seconds is neither."""
    second = int(time.time())
    counts = {
        f"admitted:{at % METER_SLOTS}": f"{at} {100 + at % 2 * 100}"
        for at in range(second - 10, second + 300)
    }
    await raw_redis.hset(Keys(code).meter, mapping=counts)
    # The audit's clock: however long this test takes, the change is recent.
    ahead = RemoteClock(host=lambda: time.time() + 600)

    async with client_of(app_with(parts, office_clock=ahead)) as asked:
        await turn(asked, board, "set", 1, rate_per_s="150")
        page = (await asked.get(f"{board}/board", headers=ADMIN)).text

    shown = re.search(r'data-gauge="admitted_per_s".*?<b[^>]*>([\d.]+)/s', page, re.DOTALL)
    assert shown[1] in ("100", "200")
