"""A site's room says nothing of coupons: refusals, reports on members, a room Redis has lost."""

from datetime import timedelta

import pytest

from tests.integration.cast import HOUR, now
from tests.integration.line_cast import admit, enter
from tests.integration.site_cast import site_room_there, site_there
from tests.integration.site_web_cast import site_room_open
from tests.integration.web_cast import ADMIN, by, checked_problem

DAY = timedelta(days=1)
TIMES = {
    "not_open_yet": {"opens_at": now() + DAY},
    "closed": {"opens_at": now() - 2 * HOUR, "closes_at": now() - HOUR},
}


@pytest.mark.parametrize("slug", TIMES)
async def test_a_refusal_in_front_of_a_site_speaks_of_no_coupon(line, engine, code, client, slug):
    made = site_room_there(engine, site_there(engine, code), code, **TIMES[slug])
    await line.apply_settings(made.room)

    entered = await client.post(f"/api/rooms/{code}/enter", headers=by("alice"))
    pages = [
        await client.get(f"/rooms/{code}?lang={language}", headers={"accept": "text/html"})
        for language in ("en", "ko")
    ]

    assert entered.json()["type"] == slug
    for text in (entered.text, *(page.text for page in pages)):
        assert "coupon" not in text.lower()
        assert "쿠폰" not in text


async def test_a_site_room_that_redis_has_lost_is_away_and_not_unknown(engine, code, client):
    site_room_there(engine, site_there(engine, code), code)

    answer = await client.post(f"/api/rooms/{code}/enter", headers=by("alice"))

    report = await client.get(f"/api/admin/rooms/{code}/members/alice", headers=ADMIN)
    checked_problem(answer, "unavailable", 503)
    checked_problem(report, "unavailable", 503)


async def test_an_admin_learns_where_a_visitor_is(line, engine, code, client):
    async def state_of(member: str) -> dict:
        answer = await client.get(f"/api/admin/rooms/{code}/members/{member}", headers=ADMIN)
        assert answer.status_code == 200, answer.text
        return answer.json()

    await site_room_open(line, engine, code, seats=5, passthrough="off")
    await enter(line, code, ["alice", "bob", "carol", "dave"])
    await admit(line, code, 3)
    visits = [await line.visits.claim(code, member) for member in ("bob", "carol")]
    await line.visits.finish(code, visits[1].visit_id)

    found = {member: await state_of(member) for member in ("alice", "bob", "carol", "dave")}

    assert {member: one["state"] for member, one in found.items()} == {
        "alice": "called", "bob": "inside", "carol": "finished", "dave": "waiting",
    }  # fmt: skip
    assert found["alice"]["outcome_due_at"] is not None
    assert [found[one]["visit_id"] for one in ("bob", "carol")] == [v.visit_id for v in visits]
    assert [found[one]["refusal"] for one in found] == [None] * 4
