"""Beside a later release: a refusal that only it has words for is a refusal, and no error."""

from datetime import timedelta

from sqlalchemy import insert

from domain.refusals import Refusal
from issuance.issue import issue
from issuance.tables import refusals
from tests.integration.cast import now, on_offer
from tests.integration.web_cast import by, in_line
from waitroom.admission import Outcome


async def test_a_place_that_a_later_worker_refused_is_shown_as_refused(client, line, engine, code):
    await in_line(line, engine, code)
    await client.post(f"/api/rooms/{code}/enter", headers=by("alice"))
    await line.admit(code, at_most=1, lease_s=15)
    await line.report(code, 0, {"alice": Outcome("refused", "of_a_later_release")})

    answer = await client.get(f"/api/rooms/{code}/place", headers=by("alice"))

    place = answer.json()
    assert (answer.status_code, place["state"]) == (200, "refused")
    assert place["refusal"]["type"] == "refused"


def test_an_admission_that_a_later_worker_refused_ends_refused_again(engine, code):
    offer = on_offer(engine, code)
    at = now() - timedelta(seconds=1)
    with engine.begin() as tx:
        row = {"member_id": "alice", "admitted_at": at, "slug": "of_a_later_release"}
        tx.execute(insert(refusals).values(coupon_id=offer.coupon.id, **row))

    issued = issue(engine, code, ["alice", "bob"], admitted_at=[at, at])

    assert type(issued.outcomes["alice"]) is Refusal
    assert issued.used_count == 1, "bob is not kept waiting by it"
