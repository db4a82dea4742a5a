"""What must hold of a refusal that was planted: copied into the copy, where its slug is known.

Alice is refused as `not_eligible`, at entry (Lua) or as she is issued to (the coupon).
"""

import pytest

from application.report_outcomes import report_outcomes
from domain.refusals import REFUSALS
from domain.unix_time import from_us
from issuance.issue import issue
from load.crowd.observations import Observations
from tests.integration.test_api_metrics import samples
from tests.integration.web_cast import ADMIN_TOKEN, Html, by, checked_problem, in_line

PLANTED = REFUSALS["not_eligible"]
KO = {"Accept-Language": "ko"}
ADMIN = {"Authorization": f"Bearer {ADMIN_TOKEN}"}


async def refused_by_the_coupon(line, engine, code):
    """Alice is let through, and refused as a worker issues to her."""
    admission = await line.admit(code, at_most=1, lease_s=15)
    at = [from_us(admission.admitted_at_us)]
    first = issue(engine, code, admission.members, admitted_at=at)
    again = issue(engine, code, admission.members, admitted_at=at)
    assert [type(one) for one in first.outcomes.values()] == [PLANTED]
    assert [type(one) for one in again.outcomes.values()] == [PLANTED]
    return first


async def test_at_the_door(client, alice, line, engine, code):
    await in_line(line, engine, code)

    answer = await client.post(f"/api/rooms/{code}/enter", headers=by("alice"))
    body = checked_problem(answer, "not_eligible", PLANTED.status)
    page = Html(await alice.post(f"/rooms/{code}/enter", headers=KO))
    bob = await client.post(f"/api/rooms/{code}/enter", headers=by("bob"))

    assert (body["title"], body["detail"]) == (PLANTED.title, PLANTED.__doc__)
    assert "이 쿠폰을 받을 수 없어요" in page.text
    assert "다른 회원을 위한 쿠폰이에요." in page.text
    assert "다시 시도" not in page.text, "it may not be tried again"
    assert bob.status_code == 202
    seen = Observations("alice")
    seen.note(answer.status_code, body)
    assert (seen.final, seen.refusal, seen.error) == ("refused", "not_eligible", None)
    await is_counted(client, code, "waitroom_turned_away_total")


async def test_by_the_coupon(client, alice, line, engine, code):
    await in_line(line, engine, code)
    await client.post(f"/api/rooms/{code}/enter", headers=by("alice"))
    await report_outcomes(line, await refused_by_the_coupon(line, engine, code))

    answer = await client.get(f"/api/rooms/{code}/place", headers=by("alice"))
    page = Html(await alice.get(f"/rooms/{code}", headers=KO))

    told = answer.json()["refusal"]
    assert told == {"type": "not_eligible", "title": PLANTED.title, "detail": PLANTED.__doc__}
    assert "이 쿠폰을 받을 수 없어요" in page.text
    assert page.place["data-state"] == "refused"
    assert page.place.get("hx-get") is None, "it is final"
    seen = Observations("alice")
    assert seen.note(answer.status_code, answer.json()) is None
    assert (seen.final, seen.refusal) == ("refused", "not_eligible")
    await is_counted(client, code, "waitroom_refused_total")


async def is_counted(client, code, metric):
    metrics = (await client.get("/metrics")).text
    result = Html(await client.get(f"/admin/rooms/{code}/result", headers=ADMIN | KO))

    assert samples(metrics, room=code, reason="not_eligible") == {metric: pytest.approx(1, abs=1)}
    assert "받을 수 없음" in result.text
