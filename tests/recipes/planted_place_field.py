"""What must hold once a place has `in_line_count`; run in the copy, as one of its tests."""

from domain.room_settings import RoomSettings
from tests.integration.sse_cast import Follower
from tests.integration.web_cast import Html, by, in_line, token, until


async def test_entering_asking_following_and_the_page_tell_it(app, client, line, engine, code):
    await in_line(line, engine, code, room=RoomSettings(state="paused"))
    url = f"/api/rooms/{code}"
    await client.post(f"{url}/enter", headers=by("alice"))

    entered = await client.post(f"{url}/enter", headers=by("bob"))
    asked = await client.get(f"{url}/place", headers=by("bob"))
    follower = Follower(app, code, "bob")
    await until(lambda: follower.places)
    follower.goes_away()
    await client.get("/signin", params={"token": token("bob")})
    page = Html(await client.get(f"/rooms/{code}/place"))

    told = [entered.json(), asked.json(), follower.places[0]]
    assert [place["in_line_count"] for place in told] == [2, 2, 2]
    assert "Waiting2" in page.text


def test_the_api_describes_it(app):
    place = app.openapi()["components"]["schemas"]["PlaceOut"]["properties"]

    assert place["in_line_count"]["description"] == "how many wait in this line; while waiting"
