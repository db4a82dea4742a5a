"""The autopilot on the board: seen while it is on, and turned on and off."""

import pytest

from domain.room_settings import RoomSettings
from issuance.offers import get_offer
from tests.integration.test_autopilot import steer_to
from tests.integration.web_cast import ADMIN, Html, app_with, client_of, in_line

HERE = ADMIN | {"Sec-Fetch-Site": "same-origin"}
MANUAL = RoomSettings(rate_per_s=100, rate_min_per_s=10, rate_max_per_s=400)


@pytest.fixture
async def board(client, line, engine, code):
    await in_line(line, engine, code, room=MANUAL)
    return f"/admin/rooms/{code}"


async def turn(client, board, what, version):
    form = {"what": what, "version": version}
    return await client.post(f"{board}/turn", headers=HERE, data=form)


async def test_turned_on_it_begins_at_the_rate_and_the_board_says_what_it_does(
    client, line, code, board
):
    turned = await turn(client, board, "autopilot", 1)
    before = Html(await client.get(board, headers=ADMIN))
    await steer_to(line, code, 137.0)
    after = Html(await client.get(board, headers=ADMIN))
    fragment = Html(await client.get(f"{board}/autopilot", headers=ADMIN))

    assert turned.status_code == 303
    assert "No decisions yet" in before.text
    assert "autopilot on" in before.text
    for page in (after, fragment):
        assert "137/s" in page.text
        assert "Healthy: raising the rate a little." in page.text
        assert "10/s to 400/s" in page.text
    assert "of 137/s" in after.text
    assert "rate_per_s" not in after.forms[f"{board}/turn"]


async def test_turned_off_the_rate_stays_as_it_was_found(client, line, engine, code, board):
    await turn(client, board, "autopilot", 1)
    await steer_to(line, code, 137.4)

    off = await turn(client, board, "by_hand", 2)
    page = Html(await client.get(board, headers=ADMIN))
    room = get_offer(engine, code).settings

    assert off.status_code == 303
    assert (room.rate_mode, room.rate_per_s) == ("manual", 137)
    assert "autopilot off" in page.text
    assert "rate 100/s → 137/s" in page.text


async def test_of_two_admins_one_turns_it_on(client, line, code, board):
    await turn(client, board, "pause", 1)

    late = await turn(client, board, "autopilot", 1)

    assert late.status_code == 409
    assert (await line.room_stats(code)).rate_mode == "manual"


async def test_at_a_fixed_rate_nothing_of_it_is_seen(client, line, code, board):
    await steer_to(line, code, 137.0)

    page = await client.get(board, headers=ADMIN)

    assert "137" not in Html(page).text.replace(code, "the room")
    assert 'data-mode="manual" hidden' in page.text


async def test_while_redis_is_away_nobody_turns_it_off_to_an_unknown_rate(
    parts, engine, code, board, line_away
):
    async with client_of(app_with(parts, line=line_away)) as client:
        shown = await client.get(board, headers=ADMIN)
        turned = await turn(client, board, "by_hand", 1)

    assert shown.status_code == 200
    assert turned.status_code == 503
    assert get_offer(engine, code).settings == MANUAL
