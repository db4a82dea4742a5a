"""Passes by program: claimed, renewed and finished, by who may; and visits as admins see them."""

from uuid import uuid4

import jwt
import pytest

from domain.sites.site import SiteSecret, api_key_digest
from issuance.sites.secret_encryption import SecretEncryption
from issuance.sites.secrets import make_pass_secret
from issuance.sites.tables import site_secrets
from tests.integration.cast import now
from tests.integration.line_cast import admit
from tests.integration.site_web_cast import Browser, pass_in, site_room_open
from tests.integration.web_cast import ADMIN, app_with, by, checked_problem, client_of
from tests.pass_keys import ISSUER
from web.limits.limit_values import WebLimits

KEY = "a-key-of-the-shop-with-256-random-bits"
ORIGIN = "https://shop.example"


@pytest.fixture
def renewable(line, engine, code):
    async def opened(**changes):
        return await site_room_open(
            line, engine, code, **{"renewal": "sliding", "session_s": 600, **changes}
        )

    return opened


def have_key(engine, room):
    secret = SiteSecret("api_key", api_key_digest(KEY), now())
    with engine.begin() as tx:
        tx.execute(
            site_secrets.insert().values(
                id=uuid4(),
                site_id=room.site.id, purpose=secret.purpose, kept=secret.kept,
                starts_at=secret.starts_at,
            )
        )  # fmt: skip


def bearer(token, **more):
    return {"Authorization": f"Bearer {token}", **more}


async def claimed(client, line, code, member="alice"):
    await client.post(f"/api/rooms/{code}/enter", headers=by(member))
    await admit(line, code, 1)
    return await client.post(f"/api/rooms/{code}/pass?t={ORIGIN}/shoes", headers=by(member))


async def test_a_member_claims_a_pass_and_again_the_same_visit(line, client, code, renewable):
    await renewable(passthrough="off")

    first, again = await claimed(client, line, code), await claimed(client, line, code)

    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json().keys() == {"pass", "visit_id", "ends_at", "renew_from", "target_url"}
    assert first.json()["visit_id"] == again.json()["visit_id"]
    assert first.json()["target_url"] == f"{ORIGIN}/shoes"
    assert first.headers["cache-control"] == "no-store"


async def test_who_was_not_called_gets_no_pass(client, code, renewable):
    await renewable(passthrough="off")
    place = await client.post(f"/api/rooms/{code}/enter", headers=by("alice"))

    refused = await client.post(f"/api/rooms/{code}/pass", headers=by("alice"))
    nobody = await client.post(f"/api/rooms/{code}/pass")

    assert (place.status_code, place.json()["state"]) == (202, "waiting")
    assert place.json()["remain_count"] is None
    checked_problem(refused, "not_your_turn", 409)
    checked_problem(nobody, "not_signed_in", 401)


async def test_a_place_says_until_when_to_come_and_to_stay(line, client, code, renewable):
    await renewable(passthrough="auto")
    called = (await client.post(f"/api/rooms/{code}/enter", headers=by("alice"))).json()
    await client.post(f"/api/rooms/{code}/pass", headers=by("alice"))

    inside = (await client.get(f"/api/rooms/{code}/place", headers=by("alice"))).json()

    assert (called["state"], inside["state"]) == ("called", "inside")
    assert called["until"] < inside["until"]


async def test_a_browser_claims_by_its_cookie_but_not_from_another_site(
    line, client, code, person, renewable
):
    await renewable(passthrough="off")
    await person.arrive(f"/rooms/{code}")
    await admit(line, code, 1)

    forged = await person.ask("POST", f"/api/rooms/{code}/pass", sec_fetch_site="cross-site")
    own = await person.press(f"/api/rooms/{code}/pass")

    checked_problem(forged, "forbidden", 403)
    assert own.status_code == 200


async def test_a_visit_is_renewed_by_its_pass_from_a_page_of_the_site(
    line, client, code, renewable
):
    await renewable(passthrough="off")
    token = (await claimed(client, line, code)).json()["pass"]

    renewed = await client.post("/api/passes/renew", headers=bearer(token, Origin=ORIGIN))
    elsewhere = await client.post(
        "/api/passes/renew", headers=bearer(token, Origin="https://evil.example")
    )

    assert renewed.status_code == 200
    assert renewed.headers["access-control-allow-origin"] == ORIGIN
    assert "access-control-allow-origin" not in elsewhere.headers
    assert elsewhere.headers["vary"] == "Origin"


@pytest.mark.parametrize(("origin", "may"), [(ORIGIN, True), ("https://evil.example", False)])
async def test_only_pages_of_a_site_may_send_a_pass(client, renewable, origin, may):
    await renewable()
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}

    answer = await client.options("/api/passes/finish", headers=asked)

    assert answer.status_code == 204
    assert (answer.headers.get("access-control-allow-origin") == origin) is may


async def test_a_finished_visit_is_over_for_good_and_its_seat_is_free(
    line, client, code, renewable
):
    await renewable(passthrough="off", seats=1)
    token = (await claimed(client, line, code)).json()["pass"]
    await client.post(f"/api/rooms/{code}/enter", headers=by("bob"))
    assert (await admit(line, code, 1)).members == ()

    finished = await client.post("/api/passes/finish", headers=bearer(token))
    again = await client.post("/api/passes/finish", headers=bearer(token))
    renewed = await client.post("/api/passes/renew", headers=bearer(token))

    assert (finished.status_code, again.status_code) == (204, 204)
    checked_problem(renewed, "visit_over", 409)
    assert (await admit(line, code, 1)).members == ("bob",)


async def test_the_sites_program_finishes_by_its_key(app, line, engine, client, code, renewable):
    room = await renewable(passthrough="off")
    have_key(engine, room)
    visit_id = (await claimed(client, line, code)).json()["visit_id"]
    about = {"room": code, "visit_id": visit_id}

    wrong = await client.post("/api/passes/finish", headers=bearer("no-key"), json=about)
    unnamed = await client.post("/api/passes/finish", headers=bearer(KEY))
    app.state.site_rooms.forget()
    unknown = await client.post(
        "/api/passes/finish", headers=bearer(KEY), json={"room": code, "visit_id": "no"}
    )
    done = await client.post("/api/passes/finish", headers=bearer(KEY), json=about)

    checked_problem(wrong, "bad_pass", 401)
    checked_problem(unnamed, "bad_request", 422)
    checked_problem(unknown, "no_such_visit", 404)
    assert done.status_code == 204
    assert (await line.visits.find(code, visit_id)).state == "finished"


async def test_a_sites_program_has_no_limit_by_address_but_a_wrong_key_has(
    parts, line, engine, code, renewable
):
    have_key(engine, await renewable())
    app = app_with(parts, limits=WebLimits(address_requests_max=8, exempt_ips="none"))
    about = {"room": code, "visit_id": "no"}
    async with client_of(app) as program:
        await program.get(f"/check/{code}")  # the process learns of the site
        own = [
            (await program.post("/api/passes/finish", headers=bearer(KEY), json=about)).status_code
            for _ in range(40)
        ]
        wrong = [
            (await program.post("/api/passes/finish", headers=bearer("x"), json=about)).status_code
            for _ in range(40)
        ]

    assert set(own) == {404}
    assert set(wrong) == {401, 429}


async def test_garbage_is_no_pass(client, code, renewable):
    await renewable()
    for token in ("a.b.c", "..", "e30.e30.e30", "x.eyJhdWQiOiAxfQ.y"):
        answer = await client.post("/api/passes/renew", headers=bearer(token))
        checked_problem(answer, "bad_pass", 401)
    checked_problem(await client.post("/api/passes/renew"), "not_signed_in", 401)


async def test_admins_list_and_revoke_visits(line, client, code, person, renewable):
    await renewable()
    for _ in range(3):
        await Browser(client).arrive(f"/rooms/{code}")
    path = f"/api/admin/rooms/{code}/visits"

    page = (await client.get(f"{path}?limit=2", headers=ADMIN)).json()
    rest = (await client.get(f"{path}?after={page['next_after']}", headers=ADMIN)).json()
    first = page["visits"][0]
    revoked = await client.delete(f"{path}/{first['visit_id']}", headers=ADMIN)
    unknown = await client.delete(f"{path}/unknown", headers=ADMIN)
    all_ = await client.delete(path, headers=ADMIN)
    trail = (await client.get("/api/admin/audit", headers=ADMIN)).text

    assert (len(page["visits"]), len(rest["visits"]), rest["next_after"]) == (2, 1, None)
    assert (first["state"], first["ended_at"]) == ("inside", None)
    assert revoked.json()["state"] == "revoked"
    checked_problem(unknown, "no_such_visit", 404)
    assert all_.json() == {"revoked": 2}
    assert "visit revoked" in trail
    assert "visits revoked" in trail


async def test_nobody_else_sees_visits(client, code, renewable):
    await renewable()

    for answer in (
        await client.get(f"/api/admin/rooms/{code}/visits"),
        await client.delete(f"/api/admin/rooms/{code}/visits", headers=by("alice")),
    ):
        assert answer.status_code in (401, 403)


async def test_while_postgres_is_away_the_site_is_served_on(
    parts, line, engine_away, code, client, renewable
):
    """The rooms that a process has read stay known."""
    await renewable()
    app = app_with(parts)
    async with client_of(app) as opened:
        person = Browser(opened)
        first = await person.arrive(f"/rooms/{code}")
        token = pass_in(first.headers["location"])
        app.state.site_rooms.forget()
        object.__setattr__(app.state.parts, "engine", engine_away)

        inside = await opened.get(f"/check/{code}", headers={"Waitroom-Pass": token})
        renewed = await opened.post("/api/passes/renew", headers=bearer(token))
        other = await Browser(opened).arrive(f"/rooms/{code}")
        finished = await opened.post("/api/passes/finish", headers=bearer(token))

    assert (inside.status_code, renewed.status_code, finished.status_code) == (200, 200, 204)
    assert other.headers["location"].startswith(ORIGIN)


async def test_a_site_may_have_its_passes_signed_by_its_own_secret(
    parts, line, engine, code, renewable
):
    room = await renewable(passthrough="off", alg="HS256")
    encryption = SecretEncryption(["k" * 32])
    async with client_of(app_with(parts, secret_encryption=encryption)) as client:
        without = await claimed(client, line, code)
        before = await line.visits.list_visits(code)
    secret = make_pass_secret(
        engine, room.site.code, encryption, begins_in_s=0, keep_s=60, who="test", now=now()
    )
    async with client_of(app_with(parts, secret_encryption=encryption)) as client:
        token = (await claimed(client, line, code)).json()["pass"]
        inside = await client.get(f"/check/{code}", headers={"Waitroom-Pass": token})

    checked_problem(without, "unavailable", 503)
    assert before == []
    assert jwt.decode(token, secret, ["HS256"], audience=code, issuer=ISSUER)["sub"] == "alice"
    assert inside.status_code == 200


async def test_without_keys_nobody_loses_their_turn(parts, line, code, renewable):
    await renewable(passthrough="off")
    async with client_of(app_with(parts, passes=None)) as client:
        refused = await claimed(client, line, code)
        checked = await client.get(f"/check/{code}")
        person = Browser(client)
        page = await person.arrive(f"/rooms/{code}")

    checked_problem(refused, "unavailable", 503)
    checked_problem(checked, "unavailable", 503)
    assert page.status_code == 200
    assert (await line.place(code, "alice")).kind == "called"
