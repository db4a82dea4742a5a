"""Who speaks of a visit: by a pass that has expired, by another site's key, and too often."""

import time

from issuance.sites.secrets import make_api_key
from passes.signer import PassSigner
from tests.integration.cast import now
from tests.integration.line_cast import admit, enter
from tests.integration.site_cast import site_room_there, site_there
from tests.integration.site_web_cast import Browser, site_room_open
from tests.integration.web_cast import app_with, checked_problem, client_of
from tests.pass_keys import ISSUER, PASS_KEYS
from web.limits.limit_values import WebLimits

PASSES = PassSigner(PASS_KEYS, issuer=ISSUER, now=time.time)


async def visit_there(line, engine, code):
    """Alice is inside the site that has the room's code."""
    await site_room_open(line, engine, code, renewal="sliding", passthrough="off")
    await enter(line, code, ["alice"])
    await admit(line, code, 1)
    return await line.visits.claim(code, "alice")


async def test_a_pass_that_has_expired_is_told_that_its_visit_is_over(line, engine, code, client):
    visit = await visit_there(line, engine, code)
    await line.visits.finish(code, visit.visit_id)
    expired = PASSES.sign(code, "alice", visit.visit_id, time.time() - 60)

    answer = await client.post("/api/passes/renew", headers={"Authorization": f"Bearer {expired}"})

    checked_problem(answer, "visit_over", 409)


async def test_a_sites_key_says_nothing_of_another_sites_visits(app, line, engine, code, client):
    visit = await visit_there(line, engine, code)
    other = site_there(engine, f"{code}-other")
    site_room_there(engine, other, f"{code}-b")  # so that its key is known
    key = make_api_key(engine, other.code, keep_s=0, who="test", now=now())
    app.state.site_rooms.forget()

    answer = await client.post(
        "/api/passes/finish",
        headers={"Authorization": f"Bearer {key}"},
        json={"room": code, "visit_id": visit.visit_id},
    )

    checked_problem(answer, "bad_pass", 401)
    assert (await line.visits.find(code, visit.visit_id)).is_inside


async def test_a_visitor_who_claims_too_often_must_wait(parts, line, engine, code):
    await site_room_open(line, engine, code)
    limits = WebLimits(member_requests_max=5, exempt_ips="none")
    async with client_of(app_with(parts, limits=limits)) as client:
        visitor = Browser(client)
        await visitor.arrive(f"/rooms/{code}")
        answers = [(await visitor.go(f"/rooms/{code}/go")).status_code for _ in range(8)]

    assert answers[0] == 303
    assert answers[-1] == 429
