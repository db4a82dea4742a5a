"""Every id that a shop may have gets a place, a coupon and a line in each list, under that id."""

import asyncio
import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from types import MappingProxyType

import pytest

from application.apply_settings import apply_settings
from domain.draw_record import DrawRecord, find_faults
from domain.room_settings import RoomSettings
from issuance.draws import find_draw, save_draw
from issuance.issued_coupons import list_holders
from tests.house import ROOT, eventually
from tests.integration.cast import HOUR, now, on_offer
from tests.integration.line_cast import admit, enter, kinds
from tests.integration.opening_cast import LATER, open_offer
from tests.integration.test_reconcile import forget_row
from tests.integration.web_cast import (
    ADMIN,
    Html,
    app_with,
    by,
    checked_problem,
    client_of,
    in_line,
    serve,
    signed,
    token,
)
from tests.member_ids import NOT_ALLOWED, SHOP_IDS
from web.auth.member_tokens import NAME_LENGTH_MAX
from web.limits.limit_values import WebLimits

pytestmark = pytest.mark.usefixtures("patient_limits")


def printed(argv: list[str], environ: Mapping[str, str] = MappingProxyType({})) -> str:
    """What `waitroom ARGV` printed, whatever it ended with."""
    command = [sys.executable, "-m", "cli", *argv]
    env = os.environ | environ
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60)
    return done.stdout + done.stderr


def test_the_processes_issue_to_every_id_and_the_lists_name_them(house, engine, code):
    house.environ |= {"LOG_REQUESTS": "1"}
    house.start_all()
    house.offer(code, total=len(SHOP_IDS))
    for member in SHOP_IDS:
        status, place = house.member("POST", f"/api/rooms/{code}/enter", member)
        assert status in (200, 202), (member, place)

    def held(member: str) -> list[str]:
        status, coupons = house.member("GET", "/api/me/coupons", member)
        assert status == 200
        return [one["member_id"] for one in coupons]

    eventually(lambda: len(list_holders(engine, code)) == len(SHOP_IDS))
    assert sorted(list_holders(engine, code)) == sorted(SHOP_IDS)
    assert {member: held(member) for member in SHOP_IDS} == {one: [one] for one in SHOP_IDS}
    log = house.log.read_text()
    assert not [member for member in SHOP_IDS if len(member) > 8 and member in log]


async def test_every_id_gets_a_place_a_ticket_and_a_coupon(client, line, engine, code):
    await in_line(line, engine, code, total=len(SHOP_IDS))
    tickets = {}

    for number, member in enumerate(SHOP_IDS):
        entered = await client.post(f"/api/rooms/{code}/enter", headers=by(member))
        assert (entered.status_code, entered.json()["place"]) == (202, number + 1), member
        tickets[member] = entered.json()["ticket"]
    client.cookies.clear()
    for number, member in enumerate(SHOP_IDS):
        by_ticket = {"Waitroom-Ticket": tickets[member]}
        for headers in (by(member), by_ticket, by(member) | by_ticket):
            asked = await client.get(f"/api/rooms/{code}/place", headers=headers)
            assert asked.json()["place"] == number + 1, member
    assert await serve(line, engine, code) == SHOP_IDS
    for member in SHOP_IDS:
        issued = (await client.get(f"/api/rooms/{code}/place", headers=by(member))).json()
        live = await client.get(f"/api/rooms/{code}/live", headers=by(member))
        mine = (await client.get("/api/me/coupons", headers=by(member))).json()
        assert issued["issued_coupon"]["member_id"] == member
        (told,) = [one for one in live.text.splitlines() if one.startswith("data: ")]
        assert json.loads(told.removeprefix("data: "))["issued_coupon"] == issued["issued_coupon"]
        assert mine == [issued["issued_coupon"]]
        used = await client.post(f"/api/me/coupons/{mine[0]['id']}/use", headers=by(member))
        assert (used.status_code, used.json()["member_id"]) == (200, member)


async def test_every_id_may_leave_and_comes_back_at_the_end(client, line, engine, code):
    await in_line(line, engine, code)
    await enter(line, code, SHOP_IDS)

    for member in SHOP_IDS:
        left = await client.delete(f"/api/rooms/{code}/place", headers=by(member))
        again = await client.post(f"/api/rooms/{code}/enter", headers=by(member))
        assert (left.status_code, again.json()["place"]) == (204, len(SHOP_IDS)), member


@pytest.mark.parametrize("way", ["pessimistic", "optimistic", "redis_lock"])
async def test_every_id_is_issued_to_directly(client, engine, code, way):
    on_offer(engine, code, len(SHOP_IDS), issuing=way)

    for member in SHOP_IDS:
        first = await client.post(f"/api/coupons/{code}/issue", headers=by(member))
        again = await client.post(f"/api/coupons/{code}/issue", headers=by(member))
        assert (first.status_code, again.status_code) == (201, 200), member
        assert first.json() == again.json()
        assert first.json()["member_id"] == member


async def test_every_id_is_in_the_list_of_who_got_one(client, line, engine, code):
    await in_line(line, engine, code, total=len(SHOP_IDS))
    await enter(line, code, SHOP_IDS)
    await serve(line, engine, code)

    answer = await client.get(f"/api/admin/coupons/{code}/issued.csv", headers=ADMIN)

    found = [row["member_id"] for row in csv.DictReader(io.StringIO(answer.text, newline=""))]
    # What a spreadsheet would take for a formula has an apostrophe before it, which no id has.
    assert sorted(one.removeprefix("'") for one in found) == sorted(SHOP_IDS)
    assert not [one for one in found if one.startswith(("=", "+", "-", "@"))]


async def test_every_id_is_drawn_and_its_place_can_be_checked(line, engine, code, tmp_path):
    room = RoomSettings(rate_per_s=100_000, burst=100_000, opening="draw")
    offer = on_offer(engine, code, 100, room=room, opens_at=now() + LATER, expire_date=now() + HOUR)
    await apply_settings(line, offer)
    await enter(line, code, SHOP_IDS)
    await open_offer(line, engine, code)

    drawn = await line.lobby(code)
    await apply_settings(line, save_draw(engine, code, drawn, now()))

    record = find_draw(engine, code)
    assert sorted(record.members) == sorted(SHOP_IDS)
    assert (await admit(line, code)).members == record.members
    file = tmp_path / "draw.json"
    file.write_text(record.as_json(with_members=True))
    assert find_faults(DrawRecord.from_json(file.read_text())) == []
    for member in ("[red]a[/red]", "a:heart:b", "auth0|123"):
        argv = ["draw", "verify", str(file), f"--member={member}"]
        said = await asyncio.to_thread(printed, argv)
        assert f"{member} drew place {record.find_place(member)}" in said


async def test_a_difference_names_every_id_as_it_is(client, line, engine, redis_url, code):
    named = ("[red]a[/red]", "a:heart:b")
    await in_line(line, engine, code, total=len(SHOP_IDS))
    await enter(line, code, SHOP_IDS)
    await serve(line, engine, code)
    for member in named:
        forget_row(engine, code, member)

    answer = await client.get(f"/api/admin/rooms/{code}/reconcile", headers=ADMIN)
    database_url = engine.url.render_as_string(hide_password=False)
    environ = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "COLUMNS": "200"}
    said = await asyncio.to_thread(printed, ["reconcile", code], environ)

    (found,) = [one for one in answer.json()["findings"] if one["kind"] == "told_without_row"]
    assert sorted(found["examples"]) == sorted(named)
    for member in named:
        assert member in said


async def test_every_id_signs_in_and_sees_its_place(parts, line, engine, code):
    await in_line(line, engine, code, total=100)
    async with client_of(app_with(parts, demo=True)) as client:
        for number, member in enumerate(SHOP_IDS):
            client.cookies.clear()
            if number % 2:
                done = await client.get("/signin", params={"token": token(member)})
            else:
                done = await client.post("/signin", data={"name": member})
            assert done.status_code == 303, member
            entered = await client.post(f"/rooms/{code}/enter")
            assert entered.status_code == 303, member
            page = Html(await client.get(f"/rooms/{code}"))
            assert member[:NAME_LENGTH_MAX] in page.text
            assert page.place["data-state"] == "waiting"
    assert await kinds(line, code, SHOP_IDS) == ["waiting"] * len(SHOP_IDS)


async def test_every_id_has_a_limit_of_its_own(parts, line, engine, code):
    await in_line(line, engine, code, total=100)
    limits = WebLimits(member_requests_max=4, exempt_ips="none", address_requests_max=0)
    path = f"/api/rooms/{code}/place"

    async with client_of(app_with(parts, limits=limits)) as client:
        for member in SHOP_IDS:
            answers = [await client.get(path, headers=by(member)) for _ in range(5)]
            assert [one.status_code for one in answers] == [404] * 4 + [429], member


@pytest.mark.parametrize("sign", [*NOT_ALLOWED, "\n", "\0", "앨"])
async def test_what_no_id_may_have_is_named_in_the_refusal(client, sign):
    claims = {"sub": f"a{sign}b", "exp": int(now().timestamp()) + 60}

    answer = await client.get(
        "/api/me/coupons", headers={"Authorization": f"Bearer {signed(claims)}"}
    )

    detail = checked_problem(answer, "bad_token", 401)["detail"]
    assert f"U+{ord(sign):04X}" in detail
