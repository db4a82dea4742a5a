"""No route is without a limit: for an address, for a member, for an admin, and for each its own."""

from __future__ import annotations

import asyncio
import secrets
import time

import httpx
import pytest
from starlette.routing import Route

from application.office import Office
from issuance.admins import AdminAccount
from tests.integration.limits_cast import an_address, from_, member
from tests.integration.web_cast import ADMIN, app_with, by, checked_problem, in_line, until
from web.app import ROUTES
from web.auth.member_tokens import Visitor
from web.auth.sessions import SESSION_COOKIE
from web.limits.limit_values import WebLimits
from web.limits.request_limits import LIMIT_EXCUSES, OF_NO_MEMBER, is_for_admins, limit_class

pytestmark = pytest.mark.usefixtures("patient_limits")

MOST = 8
FLOOD = 40
# As OWN_MIN: what a process lets through before it asks Redis.
OWN = 4

ROUTED = sorted(
    (method, route.path)
    for route in ROUTES
    if isinstance(route, Route)
    for method in (route.methods or set()) - {"HEAD"}
)
# As what they are counted.
UNROUTED = {
    "/static/app.css": ("GET", "/static"),
    "/nowhere": ("other", "unmatched"),
    "/me/": ("other", "unmatched"),
}
# Those of an excused class are in test_site_checks.
CALLS = [
    *((method, path) for method, path in ROUTED if limit_class(path) not in LIMIT_EXCUSES),
    *(("GET", path) for path in UNROUTED),
]


def path_of(route: str, code: str) -> str:
    code_in = route.replace("{code}", code).replace("{visit_id}", secrets.token_hex(4))
    return code_in.replace("{issued_id}", str(secrets.token_hex(4)))


@pytest.fixture
def app(parts):
    limits = WebLimits(
        address_requests_max=MOST, member_requests_max=MOST, looks_factor=1,
        health_requests_max=MOST, admin_requests_max=MOST, exempt_ips="none",
    )  # fmt: skip
    return app_with(parts, limits=limits)


async def many(client: httpx.AsyncClient, method: str, path: str, **more) -> list[int]:
    answers = await asyncio.gather(
        *(client.request(method, path, follow_redirects=False, **more) for _ in range(FLOOD))
    )
    return [answer.status_code for answer in answers]


@pytest.mark.parametrize(("method", "route"), CALLS)
async def test_a_stranger_who_floods_it_is_refused(app, code, method, route):
    async with from_(app, an_address()) as stranger:
        seen = await many(stranger, method, path_of(route, code))

    assert seen.count(429) >= FLOOD - MOST - 2 * OWN
    assert 500 not in seen
    counted = {one.call: one.statuses for one in app.state.http_counters.total().asked}
    call = UNROUTED.get(route, (method, route))
    assert counted.keys() == {call}, "refused or not"
    assert counted[call]["4xx"] >= seen.count(429)


# By a session too, but for the route that ends it: whoever asks after that is a stranger.
OF_MEMBERS = [
    (by_session, *one)
    for by_session in (False, True)
    for one in CALLS
    if limit_class(one[1]) not in OF_NO_MEMBER and not is_for_admins(one[1])
    if not (by_session and one[1] == "/signout")
]


@pytest.mark.parametrize(("by_session", "method", "route"), OF_MEMBERS)
async def test_a_member_who_floods_it_from_everywhere_is_refused(
    app, code, method, route, by_session
):
    who = member()
    headers = by(who)
    if by_session:
        sessions = app.state.parts.sessions
        session = sessions.sign(sessions.begin(Visitor(who, who), at_us=time.time_ns() // 1_000))
        headers = {"Cookie": f"{SESSION_COOKIE}={session}"}

    async def once() -> int:
        async with from_(app, an_address()) as client:
            answer = await client.request(
                method, path_of(route, code), headers=headers, follow_redirects=False
            )
            return answer.status_code

    seen = await asyncio.gather(*(once() for _ in range(FLOOD)))

    assert seen.count(429) >= FLOOD - MOST - 2 * OWN


@pytest.mark.parametrize("flooded", ["/api/coupons", "/readyz", "/static/app.css"])
async def test_an_admin_and_the_other_shares_are_served_beside_a_flood(
    app, line, engine, code, flooded
):
    await in_line(line, engine, code)
    async with from_(app, an_address()) as here:
        assert (await many(here, "GET", flooded)).count(429) > 0
        change = await here.patch(f"/api/admin/rooms/{code}", json={"rate_per_s": 7}, headers=ADMIN)
        others = [one for one in ("/api/coupons", "/readyz", "/static/app.css") if one != flooded]
        seen = [(await here.get(one)).status_code for one in others]

    assert change.status_code == 200
    assert seen == [200, 200]


async def test_a_wrong_key_counts_against_its_address(app, line, engine, code):
    await in_line(line, engine, code)
    path = f"/api/admin/rooms/{code}"
    wrong = {"Authorization": "Bearer not-the-admin-token"}
    async with from_(app, an_address()) as here:
        seen = statuses_of(await many(here, "GET", path, headers=wrong))
        forged = await here.get("/admin", headers={"Cookie": "admin_session=forged"})
        fine = await here.get(path, headers=ADMIN)

    assert seen.keys() == {403, 429}
    assert forged.status_code == 429
    assert fine.status_code == 200


async def test_an_admin_has_a_limit_too(app):
    session = app.state.parts.admins.session_for(AdminAccount(name="carol"))
    async with from_(app, an_address()) as here:
        seen = await many(here, "GET", "/admin", headers={"Cookie": f"admin_session={session}"})

    assert seen.count(429) >= FLOOD - MOST - 2 * OWN


def statuses_of(seen: list[int]) -> dict[int, int]:
    return {status: seen.count(status) for status in set(seen)}


async def test_too_many_streams_of_one_member_are_refused(parts, line, engine, code):
    await in_line(line, engine, code)
    limits = WebLimits(member_streams_max=3, exempt_ips="none")
    app = app_with(parts, limits=limits)
    async with from_(app, an_address()) as client:
        await client.post(f"/api/rooms/{code}/enter", headers=by("alice"))
        await client.post(f"/api/rooms/{code}/enter", headers=by("bob"))
    gate = app.state.rate_limit
    scopes = [
        {"client": (an_address(), 1), "headers": [], "path": f"/api/rooms/{code}/live"}
        for _ in range(4)
    ]
    held = [gate.stream(scope, "alice") for scope in scopes[:3]]
    for one in held:
        one.__enter__()

    async with from_(app, an_address()) as client:
        async with asyncio.timeout(5):  # a stream would not end
            refused = await client.get(f"/api/rooms/{code}/live", headers=by("alice"))
    checked_problem(refused, "too_many_requests", 429)
    with gate.stream(scopes[3], "bob"):
        pass
    held.pop().__exit__(None, None, None)
    with gate.stream(scopes[3], "alice"):
        pass
    for one in held:
        one.__exit__(None, None, None)


@pytest.mark.parametrize(
    ("most", "processes", "share"),
    [(20, 1, 20), (20, 2, 10), (20, 8, 3), (20, 64, 2), (0, 8, 0), (1, 1, 2)],
)
def test_a_process_holds_its_share_of_the_streams(most, processes, share):
    limits = WebLimits(member_streams_max=most, processes=processes)

    assert limits.member_streams_share == share


async def test_who_goes_first_passes_all_who_wait():
    office = Office(WebLimits(db_connections=1, db_waiting_max=300, db_wait_s=5))
    order: list[str] = []
    gate = asyncio.Event()

    def note(name: str) -> None:
        order.append(name)

    loop = asyncio.get_running_loop()
    first = asyncio.create_task(
        office.run(lambda: asyncio.run_coroutine_threadsafe(gate.wait(), loop).result(5))
    )
    await asyncio.sleep(0.05)
    members = [asyncio.create_task(office.run(note, "member")) for _ in range(260)]
    await asyncio.sleep(0)
    admin = asyncio.create_task(office.priority.run(note, "admin"))
    await asyncio.sleep(0)
    gone = members.pop(0)
    gone.cancel()

    gate.set()
    await asyncio.gather(first, admin, *members)

    assert order == ["admin"] + ["member"] * 259
    await until(lambda: gone.cancelled())
    assert await office.run(lambda: "free") == "free"
