"""What must hold once the phase `ending` is planted; run in the copy, as one of its tests."""

import pytest

from domain.phase import ROOM_PHASE
from tests.integration.phase_cast import Scene, ask_everything, play
from tests.integration.web_cast import Html, token

pytestmark = pytest.mark.usefixtures("metrics_read_anew")

ENDING = Scene("ending", lasts_s=3_600 + 300)


async def test_everything_that_tells_a_rooms_phase_tells_the_new_one(
    app, client, line, engine, code, redis_url
):
    await play(ENDING, client, line, engine, code, redis_url)

    said = await ask_everything(app, line, client, code, ROOM_PHASE["ending"])
    assert said == dict.fromkeys(said, "ending")


@pytest.mark.parametrize(
    ("language", "note"),
    [
        ("en", "This line closes within ten minutes."),
        ("ko", "이 대기열은 10분 안에 종료돼요."),
    ],
)
async def test_who_waits_is_told_in_their_language(
    client, line, engine, code, redis_url, language, note
):
    await play(ENDING, client, line, engine, code, redis_url)
    await client.get("/signin", params={"token": token("alice")})

    page = Html(await client.get(f"/rooms/{code}/place", params={"lang": language}))

    assert note in page.text


async def test_a_room_that_is_drained_or_not_open_yet_is_not_ending(
    client, line, engine, code, redis_url
):
    scene = Scene("draining", lasts_s=3_600 + 300, then={"state": "draining"})
    await play(scene, client, line, engine, code, redis_url)

    assert (await line.place(code, "alice")).facts.phase.word == "draining"
