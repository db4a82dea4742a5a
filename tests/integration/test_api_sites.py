"""The admin API of sites and their rooms: what it keeps, refuses, shows once, and audits."""

import dataclasses

import pytest
from redis import Redis

from issuance import audit
from issuance.errors import OfficeAway
from issuance.sites.secret_encryption import SecretEncryption
from issuance.sites.secrets import read_pass_secrets
from issuance.sites.sites import get_site
from tests.integration.cast import now, on_offer
from tests.integration.web_cast import ADMIN, checked_problem, client_of
from waitroom.redis_io.keys import Keys
from web.app import create_app

SITES, ROOMS = "/api/admin/sites", "/api/admin/site-rooms"
HOSTS = ["shop.example", "http://localhost:8080"]


async def create(client, path, **body):
    return await client.post(path, headers=ADMIN, json=body)


@pytest.fixture
async def site(client, code):
    """Its code."""
    made = await create(client, SITES, code=code, name="Tea shop", hosts=HOSTS)
    assert made.status_code == 201
    return code


async def test_a_site_is_created_with_an_api_key_that_is_shown_once(client, engine, code):
    made = await create(client, SITES, code=code, name="Tea shop", hosts=HOSTS)
    shown = await client.get(f"{SITES}/{code}", headers=ADMIN)
    listed = await client.get(SITES, headers=ADMIN)

    body = made.json()
    key = body.pop("api_key")
    assert made.status_code == 201
    assert get_site(engine, code).has_api_key(key, now())
    assert shown.json() == body
    assert body in listed.json()
    assert key not in shown.text + listed.text
    assert [one["purpose"] for one in body["secrets"]] == ["api_key"]


async def test_a_sites_name_and_hosts_are_changed_and_the_change_is_audited(client, engine, site):
    answer = await client.patch(f"{SITES}/{site}", headers=ADMIN, json={"hosts": ["tea.example"]})

    assert (answer.status_code, answer.json()["hosts"]) == (200, ["tea.example"])
    assert answer.json()["name"] == "Tea shop"
    entry = audit.last_change(engine, f"site {site}")
    assert (entry.who, entry.what, entry.after) == (
        "admin token", "site changed", {"hosts": ["tea.example"]}
    )  # fmt: skip


async def test_secrets_are_rotated_and_the_new_ones_shown(client, engine, parts, site):
    key = await create(client, f"{SITES}/{site}/api-key", keep_s=0)
    secret = await create(client, f"{SITES}/{site}/pass-secret")
    shown = await client.get(f"{SITES}/{site}", headers=ADMIN)

    known = get_site(engine, site)
    assert (key.status_code, secret.status_code) == (201, 201)
    assert known.has_api_key(key.json()["api_key"], now())
    assert len(known.accepted("api_key", now())) == 1
    assert read_pass_secrets(known, parts.secret_encryption, now()) == [
        secret.json()["pass_secret"]
    ]
    assert secret.json()["pass_secret"] not in shown.text
    assert key.headers["Cache-Control"] == secret.headers["Cache-Control"] == "no-store"


async def test_a_pass_secret_without_a_key_to_encrypt_it_is_refused_with_what_to_do(parts, code):
    without = dataclasses.replace(parts, secret_encryption=SecretEncryption(()))
    async with client_of(create_app(without)) as client:
        await create(client, SITES, code=code, name="Tea shop", hosts=HOSTS)
        answer = await create(client, f"{SITES}/{code}/pass-secret")

    problem = checked_problem(answer, "no_secrets_key", 409)
    assert problem["detail"].startswith("SITE_SECRETS_KEYS is not set")


async def test_a_room_of_a_site_is_created_shown_and_in_the_line(client, site, redis_url, code):
    room = f"{code}-room"
    made = await create(
        client, ROOMS, code=room, site=site, title="Sale", seats=50, claim_s=30, alg="RS256"
    )
    shown = await client.get(f"{ROOMS}/{room}", headers=ADMIN)
    listed = await client.get(ROOMS, headers=ADMIN)
    live = await client.get(f"/api/admin/rooms/{room}", headers=ADMIN)

    body = made.json()
    assert made.status_code == 201
    assert shown.json() == body
    assert body in listed.json()
    assert (body["site"], body["seats"], body["claim_s"], body["alg"]) == (site, 50, 30, "RS256")
    assert (body["closes_at"], body["target_url"]) == (None, "")
    assert (live.status_code, live.json()["seats"]) == (200, 50)
    with Redis.from_url(redis_url, decode_responses=True) as redis:
        assert redis.hmget(Keys(room).room, "kind", "claim_s") == ["site", "30"]


async def test_all_settings_change_while_it_runs_unless_another_admin_was_faster(
    client, site, redis_url, code
):
    room = f"{code}-room"
    made = await create(client, ROOMS, code=room, site=site, title="Sale")
    version = made.json()["version"]

    def change(**body):
        return client.patch(f"{ROOMS}/{room}", headers=ADMIN, json=body)

    first = await change(version=version, seats=7, session_s=120, title="Spring sale")
    late = await change(version=version, seats=8)
    ended = await change(closes_at="2199-01-01T00:00:00Z")
    endless = await change(never_closes=True)

    assert (first.status_code, first.json()["seats"], first.json()["session_s"]) == (200, 7, 120)
    assert first.json()["title"] == "Spring sale"
    problem = checked_problem(late, "changed_meanwhile", 409)
    assert (problem["present"]["seats"], problem["present"]["session_s"]) == (7, 120)
    assert (ended.json()["closes_at"], endless.json()["closes_at"]) == (
        "2199-01-01T00:00:00Z", None
    )  # fmt: skip
    with Redis.from_url(redis_url, decode_responses=True) as redis:
        assert redis.hmget(Keys(room).room, "seats", "session_s") == ["7", "120"]


@pytest.mark.parametrize(
    ("body", "where", "what"),
    [
        ({"claim_s": 9}, "body.claim_s", "greater than or equal to 10"),
        ({"renewal": "ajar"}, "body.renewal", "'off' or 'sliding'"),
        ({"rate_mode": "autopilot"}, "body.rate_mode", "Extra inputs"),
        ({"target_url": "https://evil.example/"}, "target_url", "must be an address of shop"),
        ({"closes_at": "2020-01-01T00:00:00Z"}, "opens_at", "must come before closes_at"),
        ({"title": ""}, "body.title", "at least 1 character"),
    ],
)
async def test_what_is_wrong_is_named(client, site, code, body, where, what):
    given = {"code": f"{code}-room", "site": site, "title": "Sale"} | body

    answer = await create(client, ROOMS, **given)

    problem = checked_problem(answer, "bad_request", 422)
    assert problem["errors"][0]["where"] == where
    assert what in problem["errors"][0]["what"]


async def test_unknown_codes_and_taken_ones_are_told_apart(client, engine, site, code):
    on_offer(engine, f"{code}-coupon", issuing="pessimistic")
    nowhere = await create(client, ROOMS, code=f"{code}-a", site="nowhere", title="Sale")
    taken = await create(client, ROOMS, code=f"{code}-coupon", site=site, title="Sale")
    again = await create(client, SITES, code=site, name="Tea shop", hosts=HOSTS)
    wrong = await create(client, SITES, code=f"{code}-b", name="Tea", hosts=["a.example/tea"])

    checked_problem(nowhere, "no_such_site", 404)
    checked_problem(taken, "code_taken", 409)
    checked_problem(again, "code_taken", 409)
    assert checked_problem(wrong, "bad_request", 422)["errors"][0]["where"] == "hosts"
    for path, slug in ((SITES, "no_such_site"), (ROOMS, "no_such_room")):
        for other in (f"{code}-c", "NOT A CODE", f"{code}-coupon"):
            answer = await client.get(f"{path}/{other}", headers=ADMIN)
            checked_problem(answer, slug, 404)


async def test_nobody_but_an_admin_reads_or_changes_sites(client, site, code):
    for method, path in (
        ("GET", SITES), ("POST", SITES), ("PATCH", f"{SITES}/{site}"),
        ("POST", f"{SITES}/{site}/api-key"), ("POST", f"{SITES}/{site}/pass-secret"),
        ("GET", ROOMS), ("POST", ROOMS), ("PATCH", f"{ROOMS}/{code}-room"),
    ):  # fmt: skip
        answer = await client.request(method, path, json={})
        checked_problem(answer, "not_signed_in", 401)


async def test_while_postgres_is_away_it_is_said(parts, engine_away):
    async with client_of(create_app(dataclasses.replace(parts, engine=engine_away))) as client:
        answer = await client.get(SITES, headers=ADMIN)

    assert checked_problem(answer, "unavailable", 503)["detail"] == OfficeAway.__doc__
