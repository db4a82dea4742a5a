"""The board for programs: series, optimistic changes, the list of who got one, and the record."""

import asyncio
import csv
import io
from uuid import uuid4

import pytest
from sqlalchemy import insert, select, text

from domain.room_settings import RoomSettings
from issuance.tables import issued_coupons
from tests.integration.cast import now, on_offer
from tests.integration.sse_cast import asked_by_hand
from tests.integration.web_cast import ADMIN, by, checked_problem, in_line, serve


@pytest.fixture
async def some_issued(client, line, engine, code):
    offer = await in_line(line, engine, code, total=5)
    for member in ("alice", "bob", "charlie"):
        await client.post(f"/api/rooms/{code}/enter", headers=by(member))
    await serve(line, engine, code, 2)
    return offer


async def test_the_series_tells_what_happened_in_each_second(
    redis_clock, app, client, code, some_issued
):
    await app.state.enter_times.publish()
    redis_clock.next_second()

    body = (await client.get(f"/api/admin/rooms/{code}/series?seconds=9", headers=ADMIN)).json()
    room = (await client.get(f"/api/admin/rooms/{code}", headers=ADMIN)).json()

    assert [sum(body[name]) for name in ("entered", "admitted", "issued", "left")] == [3, 2, 2, 0]
    assert [len(body[name]) for name in ("entered", "issue_p99_ms")] == [9, 9]
    assert max(one for one in body["enter_p99_ms"] if one) < 5_000
    assert (room["entered_per_s"], room["issued_per_s"]) == (0.3, 0.2)
    assert room["enter_p99_ms"] > 0
    assert room["issue_p99_ms"] > 0
    assert (room["seats_in_use"], room["workers"], room["backlog"]) == (0, 2, 0)


async def test_of_two_admins_who_saw_the_same_the_second_is_told(client, line, engine, code):
    await in_line(line, engine, code, room=RoomSettings(rate_per_s=100))
    seen = (await client.get(f"/api/admin/rooms/{code}", headers=ADMIN)).json()["version"]

    async def turn(**changes):
        path = f"/api/admin/rooms/{code}"
        return await client.patch(path, headers=ADMIN, json=changes)

    first, second = await asyncio.gather(
        turn(rate_per_s=50, version=seen), turn(state="paused", version=seen)
    )
    done, told = sorted((first, second), key=lambda one: one.status_code)
    present = checked_problem(told, "changed_meanwhile", 409)["present"]
    again = await turn(rate_per_s=70, version=present["version"])
    unseen = await turn(rate_per_s=71)

    assert (done.status_code, again.status_code, unseen.status_code) == (200, 200, 200)
    assert done.json()["version"] == present["version"] == seen + 1
    assert (present["rate_per_s"], present["state"]) == (
        done.json()["rate_per_s"],
        done.json()["state"],
    )
    trail = (await client.get(f"/api/admin/audit?subject={code}", headers=ADMIN)).json()
    assert len(trail) == 4, "who was told has changed nothing"
    assert trail[1]["before"]["room"]["rate_per_s"] == present["rate_per_s"]
    assert trail[1]["after"]["room"]["rate_per_s"] == 70


async def test_the_list_of_who_got_one_is_what_postgres_has(client, engine, code):
    offer = on_offer(engine, code, 9_000)
    # A spreadsheet would make formulas, numbers, dates and truths of these.
    mangled = ["@handle", "-dash", "007", "12345678901234567890", "1e5", "1.50", "3/4", "10:30"]
    mangled += ["2026-03-01", "MAR1", "sept-2", "1-Jan", "1-jan-2027", "TRUE", "(12)"]
    whole = ["a:b@c.d", "1e5a", "12b", "marion", "mar", "may-7th", "6f0e1d5a-0000-4000-8000-00c0"]
    ids = [f"member-{n:05}" for n in range(2_500)] + mangled + whole
    rows = [
        {
            "id": uuid4(), "coupon_id": offer.coupon.id, "member_id": member,
            "status": "UNUSED", "issued_at": now(), "expire_date": now(),
            "short_code": {"007": "12345678", "1e5": "1E907347"}.get(member, f"K{number:07}"),
        }
        for number, member in enumerate(ids)
    ]  # fmt: skip
    with engine.begin() as tx:
        tx.execute(insert(issued_coupons), rows)
        tx.execute(
            text("UPDATE issued_coupons SET status = 'USED', used_at = now() WHERE member_id < 'b'")
        )
        stored = tx.execute(select(issued_coupons)).all()

    answer = await client.get(f"/api/admin/coupons/{code}/issued.csv", headers=ADMIN)

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert f"{code}-issued.csv" in answer.headers["content-disposition"]
    head, *found = csv.reader(io.StringIO(answer.text, newline=""))
    assert head == ["id", "short_code", "member_id", "status", "issued_at", "used_at"]
    assert answer.text.count("\r\n") == len(ids) + 1
    as_csv = {
        (
            str(row.id),
            row.short_code if row.short_code[0] == "K" else f"'{row.short_code}",
            f"'{row.member_id}" if row.member_id in mangled else row.member_id,
            row.status,
            row.issued_at.isoformat().replace("+00:00", "Z"),
            row.used_at.isoformat().replace("+00:00", "Z") if row.used_at else "",
        )
        for row in stored
    }
    assert {tuple(row) for row in found} == as_csv
    assert len(found) == len(ids)


async def test_the_list_is_sent_and_not_left_for_the_server_to_find(app, code, some_issued):
    """A server that is given a file's name opens it when it likes: it may be gone by then."""
    sent: list[dict] = []
    path = f"/api/admin/coupons/{code}/issued.csv"
    scope = asked_by_hand(path, ADMIN) | {"extensions": {"http.response.pathsend": {}}}

    async def receive():
        await asyncio.sleep(60)

    async def send(message):
        sent.append(message)

    await app(scope, receive, send)

    assert {one["type"] for one in sent} == {"http.response.start", "http.response.body"}
    text = b"".join(one.get("body", b"") for one in sent).decode()
    assert [row["member_id"] for row in csv.DictReader(io.StringIO(text))] == ["alice", "bob"]
    length = dict(sent[0]["headers"])[b"content-length"]
    assert int(length) == len(text.encode())


async def test_the_record_has_everything(client, code, some_issued):
    body = (await client.get(f"/api/admin/rooms/{code}/record", headers=ADMIN)).json()

    assert (body["coupon"]["code"], body["coupon"]["used_count"]) == (code, 2)
    assert body["settings"]["version"] == some_issued.version
    assert (body["figures"]["issued"], body["figures"]["waiting"]) == (2, 1)
    assert (body["result"]["entered"], body["result"]["issued"]) == (3, 2)
    assert body["result"]["wait_longest_s"] >= body["result"]["wait_median_s"] > 0
    assert len(body["series"]["entered"]) == 900
    assert [entry["what"] for entry in body["audit"]] == ["coupon created"]


PATHS = (
    "/api/admin/rooms/{}/series",
    "/api/admin/rooms/{}/record",
    "/api/admin/coupons/{}/issued.csv",
)


@pytest.mark.parametrize("path", PATHS)
async def test_no_member_reaches_any_of_it(client, code, some_issued, path):
    checked_problem(await client.get(path.format(code)), "not_signed_in", 401)
    checked_problem(await client.get(path.format(code), headers=by("alice")), "forbidden", 403)


@pytest.mark.parametrize("path", PATHS)
async def test_what_is_not_there_is_said(client, code, path):
    answer = await client.get(path.format(code), headers=ADMIN)

    checked_problem(answer, "no_such_coupon" if "coupons" in path else "no_such_room", 404)
