"""Who asks too often is told so, by the API and on pages; others, and honest crowds, are not."""

import asyncio
from dataclasses import replace

import aiohttp
import httpx
import pytest

from load.crowd.options import CrowdOptions
from load.crowd.run import run_crowd
from tests.integration.limits_cast import (
    MOST,
    OWN,
    an_address,
    flood,
    from_,
    limited,
    member,
    statuses,
)
from tests.integration.web_cast import (
    Html,
    by,
    checked_problem,
    in_line,
    stored,
)
from tests.signed_in import session_of
from waitroom.limits.rate_limiter import WINDOW_S

pytestmark = pytest.mark.usefixtures("patient_limits")


async def test_an_address_is_held_to_its_limit_and_others_are_not(parts, line, engine, code):
    await in_line(line, engine, code)
    app = limited(parts)
    async with from_(app, an_address()) as bot, from_(app, an_address()) as other:
        answers = await flood(bot, "POST", f"/api/rooms/{code}/enter", headers=by("alice"))
        fine = await flood(other, "POST", f"/api/rooms/{code}/enter", 20, headers=by("bob"))

    seen = statuses(answers)
    assert MOST <= seen[202] <= MOST + 2 * OWN
    assert seen.keys() == {202, 429}
    assert statuses(fine) == {202: 20}


async def test_the_answer_says_what_to_do_and_when(parts, line, engine, code):
    await in_line(line, engine, code)
    app = limited(parts)
    async with from_(app, an_address()) as bot:
        answers = await flood(bot, "POST", f"/api/rooms/{code}/enter", headers=by("alice"))
        refused = next(answer for answer in answers if answer.status_code == 429)

    told = checked_problem(refused, "too_many_requests", 429)
    assert 1 <= told["retry_after_s"] <= 20
    assert int(refused.headers["retry-after"]) == told["retry_after_s"]


async def test_what_is_refused_changes_nothing(parts, line, engine, redis_url, code):
    await in_line(line, engine, code)
    app = limited(parts)
    async with from_(app, an_address()) as bot:
        await flood(bot, "GET", f"/api/rooms/{code}/place", headers=by("alice"))
        before = stored(redis_url, engine, code)
        answers = await flood(bot, "POST", f"/api/rooms/{code}/enter", 10, headers=by("alice"))

    assert statuses(answers) == {429: 10}
    assert stored(redis_url, engine, code) == before


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/rooms/{}/place"),
        ("POST", "/api/coupons/{}/issue"),
        ("GET", "/rooms/{}"),
        ("GET", "/rooms/{}/place"),
        ("POST", "/rooms/{}/enter"),
        ("POST", "/coupons/{}/issue"),
    ],
)
async def test_everything_a_crowd_asks_for_is_counted(parts, line, engine, code, method, path):
    """Also with a bad token, and for rooms that nobody knows: it is counted before it is read."""
    app = limited(parts)
    async with from_(app, an_address()) as bot:
        headers = {"Authorization": "Bearer nonsense"} if "/api/" in path else {}
        answers = await flood(bot, method, path.format(code), 60, headers=headers)

    assert statuses(answers).get(429, 0) >= 60 - MOST - 2 * OWN


async def test_the_neighbours_of_an_ipv6_address_are_counted_as_one(parts, line, engine, code):
    await in_line(line, engine, code)
    app, first = limited(parts), an_address()
    several = [first.replace("::1", f"::{number:x}") for number in range(1, 101)]

    async def once(address: str) -> httpx.Response:
        async with from_(app, address) as client:
            return await client.post(f"/api/rooms/{code}/enter", headers=by("alice"))

    seen = statuses(await asyncio.gather(*(once(address) for address in several)))

    assert seen[202] <= MOST + 2 * OWN


async def test_a_header_that_nobody_vouches_for_is_ignored(parts, line, engine, code):
    await in_line(line, engine, code)
    app = limited(parts)
    async with from_(app, an_address()) as bot:
        answers = await asyncio.gather(
            *(
                bot.post(
                    f"/api/rooms/{code}/enter",
                    headers=by("alice") | {"X-Forwarded-For": f"198.18.0.{number}"},
                )
                for number in range(100)
            )
        )

    assert statuses(answers)[202] <= MOST + 2 * OWN


async def test_behind_a_proxy_each_sender_is_counted_and_spoofing_does_not_help(
    parts, line, engine, code
):
    await in_line(line, engine, code)
    proxy, bob, spoofer = "10.0.0.1", an_address(), an_address()
    app = limited(parts, proxies=proxy)
    made_up = [f"127.0.0.1, {number}.1.1.1, {spoofer}" for number in range(100)]
    async with from_(app, proxy) as client:
        # The proxy adds the sender's own address behind whatever they have made up.
        spoofed = await asyncio.gather(
            *(
                client.post(
                    f"/api/rooms/{code}/enter", headers=by("alice") | {"X-Forwarded-For": one}
                )
                for one in made_up
            )
        )
        honest = await flood(
            client, "POST", f"/api/rooms/{code}/enter", 20,
            headers=by("bob") | {"X-Forwarded-For": bob},
        )  # fmt: skip

    assert statuses(spoofed)[202] <= MOST + 2 * OWN
    assert statuses(honest) == {202: 20}


async def test_a_member_has_a_limit_of_their_own_wherever_they_come_from(parts, line, engine, code):
    await in_line(line, engine, code)
    app, alice = limited(parts, address_requests_max=0, member_requests_max=20), member()

    async def once(_: int) -> httpx.Response:
        async with from_(app, an_address()) as client:
            return await client.post(f"/api/rooms/{code}/enter", headers=by(alice))

    seen = statuses(await asyncio.gather(*(once(number) for number in range(60))))
    async with from_(app, an_address()) as client:
        other = await client.post(f"/api/rooms/{code}/enter", headers=by(member()))

    assert 20 <= seen[202] <= 20 + 2 * OWN
    assert seen[202] + seen[429] == 60
    assert other.status_code == 202


async def test_a_members_pages_count_as_well(parts, line, engine, code):
    await in_line(line, engine, code)
    app, alice = limited(parts, address_requests_max=0, member_requests_max=20), member()
    session = session_of(parts.sessions, alice)
    async with from_(app, an_address()) as client:
        client.cookies.set("member_session", session)
        answers = await flood(client, "GET", f"/rooms/{code}/place", 60)

    assert statuses(answers).get(429, 0) >= 60 - 20 - 2 * OWN


async def test_zero_is_no_limit_and_exempt_addresses_have_none(parts, line, engine, code):
    await in_line(line, engine, code)
    path, alice = f"/api/rooms/{code}/enter", member()
    off = limited(parts, address_requests_max=0)
    exempt = limited(parts, member_requests_max=20)
    async with from_(off, an_address()) as one, from_(exempt, "127.0.0.1") as other:
        assert statuses(await flood(one, "POST", path, headers=by(alice))) == {202: 100}
        assert statuses(await flood(other, "POST", path, headers=by(alice))) == {202: 100}


async def test_a_line_that_is_away_is_said_and_nobody_is_told_that_they_ask_too_often(
    parts, line_away
):
    app = limited(replace(parts, line=line_away))
    async with from_(app, an_address()) as client:
        answers = await flood(client, "POST", "/api/rooms/spring/enter", headers=by("alice"))

    assert statuses(answers) == {503: 100}


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "Too many requests came from you"), ("ko", "같은 네트워크에서 짧은 시간에")],
)
async def test_a_page_says_so_and_tries_again_by_itself(parts, line, engine, code, language, said):
    await in_line(line, engine, code)
    app = limited(parts)
    async with from_(app, an_address()) as bot:
        bot.headers["Accept-Language"] = language
        await flood(bot, "GET", f"/rooms/{code}")
        shown = await bot.get(f"/rooms/{code}")
        sent = await bot.post(f"/rooms/{code}/enter")

    for answer in (shown, sent):
        assert answer.status_code == 429
        assert int(answer.headers["retry-after"]) >= 1
        assert said in Html(answer).text
        assert "data-again-s" in answer.text
    assert '<meta http-equiv="refresh"' in shown.text
    assert f"/rooms/{code}/enter" in Html(sent).forms


async def test_streams_of_one_address_are_bounded(house, line, engine, code):
    house.environ |= {
        "FORWARDED_ALLOW_IPS": "127.0.0.1", "ADDRESS_STREAMS_MAX": "3", "MEMBER_REQUESTS_MAX": "0",
    }  # fmt: skip
    house.start_web()
    await in_line(line, engine, code)
    await line.enter(code, "alice")
    url, address = f"{house.base_url}/api/rooms/{code}/live", an_address()
    headers = {"Authorization": f"Bearer {house.identity.sign('alice')}"}

    async def opened(http, address: str) -> aiohttp.ClientResponse:
        return await http.get(url, headers=headers | {"X-Forwarded-For": address})

    async with aiohttp.ClientSession() as http:
        answers = [await opened(http, address) for _ in range(5)]
        other = await opened(http, an_address())
        answers[0].close()
        for _ in range(100):
            if (again := await opened(http, address)).status == 200:
                break
            await asyncio.sleep(0.05)
        seen = [answer.status for answer in answers]
        for answer in (*answers, other, again):
            answer.close()

    assert seen == [200, 200, 200, 429, 429]
    assert again.status == 200
    assert other.status == 200


def test_an_honest_crowd_behind_shared_addresses_is_not_hindered(house, engine, code):
    """With the limits that are usual; 10,000 behind 50 by command: docs/load.md."""
    house.environ["FORWARDED_ALLOW_IPS"] = "127.0.0.1"
    house.start_all()
    house.offer(code, total=200)
    chosen = CrowdOptions(house.base_url, code, 400, connections_max=200, addresses=2)

    seen, _ = asyncio.run(run_crowd(chosen, house.identity.sign, direct=False, seen=lambda _: None))

    assert sum(one.turned_back for one in seen) == 0
    assert sum(one.final == "issued" for one in seen) == 200
    assert sum(one.final == "failed" for one in seen) == 0


async def test_two_web_processes_hold_one_limit(house, engine, line, code):
    most, own = 200, 6
    house.environ |= {"FORWARDED_ALLOW_IPS": "127.0.0.1", "ADDRESS_REQUESTS_MAX": str(most)}
    house.start("web", "--port", str(house.port), "--processes", "2")
    house.until_ready()
    await in_line(line, engine, code)
    url, address = f"{house.base_url}/api/rooms/{code}/enter", an_address()

    async def once(http: aiohttp.ClientSession, number: int) -> int:
        token = house.identity.sign(f"member-{number}")
        headers = {"Authorization": f"Bearer {token}", "X-Forwarded-For": address}
        async with http.post(url, headers=headers) as answer:
            return answer.status

    # A connection each, so that the kernel shares them out among both.
    connector, began = aiohttp.TCPConnector(limit=50, force_close=True), await line.measure_clock()
    async with aiohttp.ClientSession(connector=connector) as http:
        seen = await asyncio.gather(*(once(http, number) for number in range(500)))

    # The requests may be in two of the limit's windows, and on a busy machine in more.
    ended = await line.measure_clock()
    windows = 1 + int(ended.timestamp() // WINDOW_S - began.timestamp() // WINDOW_S)
    assert most <= seen.count(202) <= windows * (most + 2 * 2 * own)
    assert seen.count(429) == 500 - seen.count(202)
