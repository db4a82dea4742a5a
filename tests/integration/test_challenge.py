"""A room that asks for a proof of work gives places to who solved one, once each."""

import asyncio

import pytest
from redis import Redis

from domain.room_settings import RoomSettings
from load.crowd.options import CrowdOptions
from load.crowd.run import run_crowd
from tests.integration.cast import HOUR, now
from tests.integration.web_cast import ADMIN, Html, by, checked_problem, client_of, in_line, serve
from tests.signed_in import session_of
from waitroom.redis_io.keys import Keys
from waitroom.tokens.challenge import solve


@pytest.fixture
async def room(line, engine, code):
    return await in_line(line, engine, code, room=RoomSettings(challenge="on"))


async def a_solution(client, code: str) -> dict[str, str]:
    challenge = await client.get(f"/api/rooms/{code}/challenge")
    assert challenge.headers["cache-control"] == "no-store"
    text = await asyncio.to_thread(solve, challenge.json())
    return {"Waitroom-Solution": text}


async def test_without_a_solution_there_is_no_place(app, room, line, code):
    async with client_of(app) as client:
        answer = await client.post(f"/api/rooms/{code}/enter", headers=by("alice"))

    told = checked_problem(answer, "challenge_required", 403)
    assert told["challenge"] == f"/api/rooms/{code}/challenge"
    assert (await line.room_stats(code)).entered == 0


async def test_a_solution_gives_a_place_and_is_used_up(app, room, line, redis_url, code):
    async with client_of(app) as client:
        solution = await a_solution(client, code)
        alice = await client.post(f"/api/rooms/{code}/enter", headers=by("alice") | solution)
        bob = await client.post(f"/api/rooms/{code}/enter", headers=by("bob") | solution)
        again = await client.post(f"/api/rooms/{code}/enter", headers=by("alice"))

    assert alice.status_code == 202
    assert "used before" in checked_problem(bob, "challenge_required", 403)["detail"]
    assert again.json()["place"] == alice.json()["place"] == 1
    with Redis.from_url(redis_url) as redis:
        assert redis.zcard(Keys(code).solved) == 1
        assert 0 < redis.ttl(Keys(code).solved) <= 600


async def test_of_two_who_send_the_same_solution_at_once_one_gets_in(app, room, line, code):
    async with client_of(app) as client:
        solution = await a_solution(client, code)
        answers = await asyncio.gather(
            *(
                client.post(f"/api/rooms/{code}/enter", headers=by(f"m{number}") | solution)
                for number in range(10)
            )
        )

    assert sorted(answer.status_code for answer in answers) == [202] + [403] * 9
    assert (await line.room_stats(code)).entered == 1


async def test_a_solution_of_another_room_is_none(app, room, code):
    async with client_of(app) as client:
        solution = await a_solution(client, "another")
        answer = await client.post(f"/api/rooms/{code}/enter", headers=by("alice") | solution)

    assert "can't be accepted" in checked_problem(answer, "challenge_required", 403)["detail"]


async def test_who_is_in_line_or_has_a_coupon_is_not_asked(app, line, engine, code):
    await in_line(line, engine, code)
    for member in ("alice", "bob"):
        await line.enter(code, member)
    await serve(line, engine, code, at_most=1)
    async with client_of(app) as client:
        turned = await client.patch(
            f"/api/admin/rooms/{code}", headers=ADMIN, json={"challenge": "on"}
        )
        answers = [
            await client.post(f"/api/rooms/{code}/enter", headers=by(member))
            for member in ("alice", "bob", "charlie")
        ]

    assert turned.json()["challenge"] == "on"
    assert [answer.status_code for answer in answers] == [200, 202, 403]


async def test_where_nothing_is_asked_a_solution_is_left_alone(app, line, engine, code, redis_url):
    await in_line(line, engine, code)
    async with client_of(app) as client:
        answer = await client.post(
            f"/api/rooms/{code}/enter", headers=by("alice") | {"Waitroom-Solution": "nonsense"}
        )

    assert answer.status_code == 202
    with Redis.from_url(redis_url) as redis:
        assert not redis.exists(Keys(code).solved)


async def test_in_a_lobby_that_draws_one_solution_is_enough(app, line, engine, code):
    times = {"opens_at": now() + HOUR / 10, "expire_date": now() + 2 * HOUR}
    await in_line(line, engine, code, room=RoomSettings(challenge="on", opening="draw"), **times)
    async with client_of(app) as client:
        solution = await a_solution(client, code)
        answer = await client.post(f"/api/rooms/{code}/enter", headers=by("alice") | solution)

    assert (answer.status_code, answer.json()["state"]) == (202, "waiting")


async def test_the_page_has_the_widget_and_takes_its_solution(app, parts, room, code):
    session = session_of(parts.sessions)
    async with client_of(app) as client:
        client.cookies.set("member_session", session)
        page = await client.get(f"/coupons/{code}")
        without = await client.post(f"/rooms/{code}/enter")
        solution = (await a_solution(client, code))["Waitroom-Solution"]
        entered = await client.post(f"/rooms/{code}/enter", data={"altcha": solution})

    assert f'<altcha-widget challenge="/api/rooms/{code}/challenge"' in page.text
    assert "JavaScript" in Html(page).text
    assert without.status_code == 403
    assert "<altcha-widget" in without.text
    assert f"/rooms/{code}/enter" in Html(without).forms
    assert (entered.status_code, entered.headers["location"]) == (303, f"/rooms/{code}")


async def test_a_page_of_a_room_that_asks_for_nothing_loads_nothing_more(
    app, parts, line, engine, code
):
    await in_line(line, engine, code)
    async with client_of(app) as client:
        client.cookies.set("member_session", session_of(parts.sessions))
        page = await client.get(f"/coupons/{code}")

    assert "altcha" not in page.text


def test_a_crowd_solves_what_it_is_asked(house, code):
    house.start_all()
    house.offer(code, total=3, challenge="on")
    chosen = CrowdOptions(house.base_url, code, 6)

    seen, _ = asyncio.run(run_crowd(chosen, house.identity.sign, direct=False, seen=lambda _: None))

    assert sum(one.final == "issued" for one in seen) == 3, [one.error for one in seen]
    assert sum(one.final == "failed" for one in seen) == 0
