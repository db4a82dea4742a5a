"""The ticket page's stream: the same fragment as the page asks for, until a final one."""

import pytest

from tests.integration.sse_cast import events, page_of, states
from tests.integration.web_cast import app_with, in_line, serve, token, until
from tests.tcp_proxy import proxied
from waitroom.line import open_line

pytestmark = pytest.mark.usefixtures("quick_beats")


async def test_a_page_is_told_the_fragment_it_would_ask_for(client, app, line, engine, code):
    await in_line(line, engine, code)
    for member in ("bob", "alice"):
        await line.enter(code, member)
    await client.get("/signin", params={"token": token("alice")})

    page = page_of(app, code)
    await until(lambda: page.text)
    asked = (await client.get(f"/rooms/{code}/place")).text
    await serve(line, engine, code, at_most=1)
    await until(lambda: "You are next." in page.text)
    await serve(line, engine, code, at_most=1)
    await page.ends()

    in_one_line = [" ".join(text.split()) for text in (events(page.text)[0], asked)]
    without_clock = [text.split("delay:")[0] for text in in_one_line]
    assert without_clock[0] == without_clock[1]
    assert states(page)[-1] == "issued"
    assert set(states(page)) <= {"waiting", "admitted", "issued"}


async def test_who_leaves_in_another_tab_is_offered_a_place(app, line, engine, code):
    await in_line(line, engine, code)
    await line.enter(code, "alice")

    page = page_of(app, code)
    await until(lambda: page.text)
    await line.leave(code, "alice")
    await page.ends()
    stranger = page_of(app, code, "bob")
    await stranger.ends()

    assert states(page) == ["waiting", "absent"]
    assert states(stranger) == ["absent"]


async def test_a_page_is_told_once_that_the_line_is_away_and_then_its_place(
    parts, line, engine, redis_url, code
):
    await in_line(line, engine, code)
    await line.enter(code, "alice")
    with proxied(redis_url) as (redis, url):
        through = open_line(url, timeout_s=0.3)
        app = app_with(parts, line=through)
        page = page_of(app, code)
        await until(lambda: page.text)

        redis.cut()
        await until(lambda: states(page)[-1] == "unreachable")
        late = page_of(app, code)
        await until(lambda: late.text)
        redis.mend()
        await until(lambda: [states(one)[-1] for one in (page, late)] == ["waiting"] * 2)
        for one in (page, late):
            one.goes_away()
            await one.ends()
        await through.aclose()

    assert states(page) == ["waiting", "unreachable", "waiting"]
    assert states(late) == ["unreachable", "waiting"]


async def test_problems_of_a_page_are_pages(client, app, line, engine, code):
    await in_line(line, engine, code)

    nobody = await client.get(f"/rooms/{code}/live")
    await client.get("/signin", params={"token": token("alice")})
    nowhere = await client.get(f"/rooms/{code}-no/live")

    assert (nobody.status_code, nowhere.status_code) == (303, 404)
    assert nobody.headers["location"].startswith("/signin")
    assert nowhere.headers["content-type"].startswith("text/html")


async def test_a_shops_fragment_shows_the_coupon_of_its_room(parts, line, engine, code, tmp_path):
    (tmp_path / "_place.html").write_text("<p>{{ coupon.description }} {{ place.place_text }}</p>")
    app = app_with(parts, templates_dir=str(tmp_path))

    rooms = {code: "Spring", f"{code}-2": "Autumn"}
    for room, description in rooms.items():
        await in_line(line, engine, room, description=description)
        await line.enter(room, "alice")

    for room, description in rooms.items():
        page = page_of(app, room)
        await until(lambda page=page: page.text)
        page.goes_away()
        await page.ends()
        assert f"<p>{description} 1</p>" in page.text
