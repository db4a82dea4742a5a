"""When a part is away: what still works, and how what doesn't is said."""

import pytest

from tests.integration.cast import on_offer
from tests.integration.web_cast import (
    ADMIN,
    a_coupon_in,
    app_with,
    by,
    checked_problem,
    client_of,
    in_line,
    stored,
)
from tests.servers import drop_database
from waitroom.errors import LineBusy
from waitroom.line import Line


@pytest.fixture
async def without_line(parts, line_away):
    async with client_of(app_with(parts, line=line_away)) as opened:
        yield opened


@pytest.fixture
async def without_postgres(parts, engine_away):
    async with client_of(app_with(parts, engine=engine_away)) as opened:
        yield opened


@pytest.fixture
async def without_both(parts, line_away, engine_away):
    async with client_of(app_with(parts, line=line_away, engine=engine_away)) as opened:
        yield opened


def is_unavailable(answer) -> str:
    problem = checked_problem(answer, "unavailable", 503)
    assert problem["retry_after_s"] >= 1
    return problem["detail"]


async def test_without_redis_every_call_of_the_line_says_so(
    without_line, line, engine, redis_url, code
):
    await in_line(line, engine, code)
    before = stored(redis_url, engine, code)

    for how, path in (
        ("POST", f"/api/rooms/{code}/enter"),
        ("GET", f"/api/rooms/{code}/place"),
        ("DELETE", f"/api/rooms/{code}/place"),
        ("GET", f"/api/rooms/{code}/live"),
    ):
        detail = is_unavailable(await without_line.request(how, path, headers=by("alice")))

        assert "places are kept" in detail
    assert stored(redis_url, engine, code) == before


async def test_without_redis_the_rest_still_works(without_line, engine, code):
    on_offer(engine, code)
    on_offer(engine, f"{code}-d", issuing="pessimistic")

    listed = await without_line.get("/api/coupons")
    issued = await without_line.post(f"/api/coupons/{code}-d/issue", headers=by("alice"))
    mine = await without_line.get("/api/me/coupons", headers=by("alice"))
    used = await without_line.post(
        f"/api/me/coupons/{issued.json()['id']}/use", headers=by("alice")
    )

    assert len(listed.json()) == 2
    assert [one.status_code for one in (issued, mine, used)] == [201, 200, 200]


async def test_without_redis_an_admins_change_is_kept_in_postgres(without_line, engine, code):
    created = await without_line.post("/api/admin/coupons", headers=ADMIN, json=a_coupon_in(code))
    figures = await without_line.get(f"/api/admin/rooms/{code}", headers=ADMIN)

    assert created.status_code == 201
    assert (await without_line.get(f"/api/coupons/{code}")).status_code == 200
    is_unavailable(figures)


async def test_without_postgres_the_line_goes_on(without_postgres, line, engine, code):
    await in_line(line, engine, code)

    entered = await without_postgres.post(f"/api/rooms/{code}/enter", headers=by("alice"))
    asked = await without_postgres.get(f"/api/rooms/{code}/place", headers=by("alice"))
    left = await without_postgres.delete(f"/api/rooms/{code}/place", headers=by("alice"))

    assert [one.status_code for one in (entered, asked, left)] == [202, 200, 204]
    assert asked.json()["place"] == 1


async def test_without_postgres_what_needs_it_says_so(without_postgres, line, engine, code):
    await in_line(line, engine, code)

    for how, path, headers, body in (
        ("GET", "/api/coupons", {}, None),
        ("GET", f"/api/coupons/{code}", {}, None),
        ("POST", f"/api/coupons/{code}/issue", by("alice"), None),
        ("GET", "/api/me/coupons", by("alice"), None),
        (
            "POST",
            "/api/me/coupons/6f0e1d5a-0000-4000-8000-000000000000/use",
            by("alice"),
            None,
        ),
        ("POST", "/api/admin/coupons", ADMIN, a_coupon_in(f"{code}-new")),
        ("PATCH", f"/api/admin/coupons/{code}", ADMIN, {"total_count": 5}),
        ("PATCH", f"/api/admin/rooms/{code}", ADMIN, {"burst": 5}),
        ("GET", f"/api/admin/rooms/{code}", ADMIN, None),
        ("GET", "/api/admin/audit", ADMIN, None),
    ):
        answer = await without_postgres.request(how, path, headers=headers, json=body)

        assert "Coupons are unavailable" in is_unavailable(answer)


async def test_an_unknown_room_can_not_be_told_from_a_lost_one_without_postgres(
    without_postgres, code
):
    answer = await without_postgres.post(f"/api/rooms/{code}/enter", headers=by("alice"))

    assert "The line can’t be reached" in is_unavailable(answer)


async def test_coupons_that_were_read_before_are_still_shown(
    client, app, engine, servers, database_url, code
):
    on_offer(engine, code)
    known = (await client.get("/api/coupons")).json()

    drop_database(servers.database_url, database_url.rpartition("/")[2])
    app.state.offers.forget()
    then = await client.get("/api/coupons")
    one = await client.get(f"/api/coupons/{code}")
    mine = await client.get("/api/me/coupons", headers=by("alice"))

    assert then.status_code == one.status_code == 200
    assert then.json() == known == [one.json()]
    is_unavailable(mine)


async def test_ready_says_what_does_not_answer_and_health_that_the_process_lives(
    client, without_line, without_postgres, without_both
):
    for asked, postgres, redis in (
        (client, True, True),
        (without_line, True, False),
        (without_postgres, False, True),
        (without_both, False, False),
    ):
        ready = await asked.get("/readyz")
        healthy = await asked.get("/healthz")

        assert ready.json() == {
            "ready": postgres and redis, "postgres": postgres, "redis": redis, "queue": True
        }  # fmt: skip
        assert ready.status_code == (200 if postgres and redis else 503)
        assert (healthy.status_code, healthy.json()) == (200, {"alive": True})


async def test_a_load_balancer_is_told_of_the_line_alone_and_not_of_postgres(
    client, without_line, without_postgres, without_both
):
    for asked, redis in (
        (client, True), (without_line, False), (without_postgres, True), (without_both, False)
    ):  # fmt: skip
        answer = await asked.get("/livez/line")

        assert answer.json() == {"takes_visitors": redis, "draining": False, "redis": redis}
        assert answer.status_code == (200 if redis else 503)


async def test_a_load_balancer_is_told_that_a_web_command_drains_while_it_still_serves(
    parts, line, engine, code
):
    await in_line(line, engine, code)
    async with client_of(app_with(parts, draining=lambda: True)) as drains:
        probed = await drains.get("/livez/line")
        alive = await drains.get("/healthz")
        entered = await drains.post(f"/api/rooms/{code}/enter", headers=by("alice"))

    assert probed.status_code == 503
    assert probed.json() == {"takes_visitors": False, "draining": True, "redis": True}
    assert (alive.status_code, entered.status_code) == (200, 202)


async def test_a_line_that_too_many_ask_at_once_says_come_again(
    client, line: Line, engine, code, monkeypatch
):
    async def busy(*_: object) -> None:
        raise LineBusy

    await in_line(line, engine, code)
    monkeypatch.setattr(Line, "enter", busy)

    answer = await client.post(f"/api/rooms/{code}/enter", headers=by("alice"))

    assert "Too many people" in is_unavailable(answer)
