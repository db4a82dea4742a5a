"""The console's pages of sites: created, changed while they run, and secrets shown once."""

import pytest
from redis import Redis

from issuance.sites.secrets import read_pass_secrets
from issuance.sites.site_rooms import get_site_room
from issuance.sites.sites import get_site
from tests.integration.admin_cast import signed_in
from tests.integration.cast import now
from tests.integration.coupon_form_cast import wrong_fields
from tests.integration.line_cast import enter
from tests.integration.web_cast import Html
from waitroom.redis_io.keys import Keys

NEW_SITE, NEW_ROOM = "/admin/sites/new", "/admin/site-rooms/new"


@pytest.fixture
async def operator(client, engine, unknown_address):
    await signed_in(client, engine, "alice", "operator")
    return client


async def create_site(client, code: str, **changes: str):
    form = {"code": code, "site_name": "Tea shop", "hosts": "shop.example"}
    return await client.post(NEW_SITE, data=form | changes)


async def create_room(client, site: str, code: str, **changes: str):
    """As a browser: the form's own defaults, and what somebody typed."""
    address = f"{NEW_ROOM}?site={site}"
    fields = Html(await client.get(address)).forms[address]
    return await client.post(address, data=fields | {"code": code, "title": "Sale"} | changes)


async def test_a_new_site_shows_its_api_key_once(operator, engine, code):
    made = await create_site(operator, code, hosts="shop.example, localhost:8080")
    again = await operator.get(f"/admin/sites/{code}")

    key = made.text.partition('id="secret">')[2].partition("<")[0]
    site = get_site(engine, code)
    assert (made.status_code, again.status_code) == (200, 200)
    assert made.headers["Cache-Control"] == "no-store"
    assert site.hosts == ("shop.example", "localhost:8080")
    assert site.has_api_key(key, now())
    assert key not in again.text


async def test_a_sites_hosts_change_and_its_secrets_are_rotated(operator, engine, parts, code):
    await create_site(operator, code)
    address = f"/admin/sites/{code}"
    fields = Html(await operator.get(address)).forms[address]

    changed = await operator.post(address, data=fields | {"hosts": "tea.example"})
    saved = await operator.get(changed.headers["location"])
    key = await operator.post(f"{address}/api-key")
    secret = await operator.post(f"{address}/pass-secret")

    site = get_site(engine, code)
    assert (changed.status_code, site.name, site.hosts) == (303, "Tea shop", ("tea.example",))
    assert "Saved." in Html(saved).text
    assert len(site.accepted("api_key", now())) == 2
    assert "The new API key" in Html(key).text
    assert read_pass_secrets(site, parts.secret_encryption, now())[0] in secret.text


async def test_a_room_of_a_site_is_created_and_its_seats_changed_while_it_runs(
    operator, engine, line, redis_url, code
):
    await create_site(operator, code)
    room = f"{code}-room"
    made = await create_room(operator, code, room, seats="50", claim_s="30")
    address = f"/admin/site-rooms/{room}"
    await enter(line, room, ["alice", "bob"])

    shown = Html(await operator.get(address))
    changed = await operator.post(address, data=shown.forms[address] | {"seats": "7"})

    stored = get_site_room(engine, room)
    assert (made.status_code, changed.status_code) == (303, 303)
    assert (stored.room.settings.seats, stored.settings.claim_s, stored.closes_at) == (7, 30, None)
    with Redis.from_url(redis_url, decode_responses=True) as redis:
        assert redis.hmget(Keys(room).room, "seats", "claim_s") == ["7", "30"]
    listed = Html(await operator.get("/admin/sites")).text
    for text in (shown.text, listed):
        assert "Waiting" in text
        assert "Inside" in text
        assert "Missed" in text
        assert "Finished" in text


async def test_a_save_keeps_what_another_admin_has_changed_meanwhile(operator, engine, code):
    await create_site(operator, code)
    await create_room(operator, code, f"{code}-room")
    address = f"/admin/site-rooms/{code}-room"
    fields = Html(await operator.get(address)).forms[address]
    await operator.post(address, data=fields | {"seats": "7"})

    await operator.post(address, data=fields | {"claim_s": "30"})

    stored = get_site_room(engine, f"{code}-room")
    assert (stored.room.settings.seats, stored.settings.claim_s) == (7, 30)


async def test_what_is_wrong_stands_at_its_field_and_nothing_is_saved(operator, engine, code):
    wrong_site = await create_site(operator, code, hosts="shop.example/tea", site_name="")
    await create_site(operator, code)
    again = await create_site(operator, code)
    wrong_room = await create_room(
        operator, code, f"{code}-room", claim_s="1", opens_at="soon", seats="x"
    )
    foreign = await create_room(operator, code, f"{code}-room", target_url="https://evil.example/")

    answers = (wrong_site, again, wrong_room, foreign)
    assert [one.status_code for one in answers] == [422] * len(answers)
    assert wrong_fields(wrong_site) == {"site_name"}
    assert wrong_fields(again) == {"code"}
    assert wrong_fields(wrong_room) == {"opens_at", "seats"}
    assert wrong_fields(foreign) == {"target_url"}


async def test_a_viewer_sees_all_and_changes_nothing(client, engine, unknown_address, code):
    await signed_in(client, engine, "alice", "operator")
    await create_site(client, code)
    await create_room(client, code, f"{code}-room")
    await client.post("/admin/signout")
    await signed_in(client, engine, "bob", "viewer")

    for address in ("/admin/sites", f"/admin/sites/{code}", f"/admin/site-rooms/{code}-room"):
        seen = await client.get(address)
        assert seen.status_code == 200
        assert "Save" not in Html(seen).text
    for address in (
        NEW_SITE, f"/admin/sites/{code}", f"/admin/sites/{code}/api-key",
        f"/admin/sites/{code}/pass-secret", f"{NEW_ROOM}?site={code}",
        f"/admin/site-rooms/{code}-room",
    ):  # fmt: skip
        answer = await client.post(address, data={"seats": "1"})
        assert answer.status_code == 403, address


async def test_the_pages_are_korean_for_a_korean_reader(operator, code):
    operator.headers["accept-language"] = "ko"
    await create_site(operator, code)
    await create_room(operator, code, f"{code}-room")

    site = Html(await operator.get(f"/admin/sites/{code}")).text
    room = Html(await operator.get(f"/admin/site-rooms/{code}-room")).text

    assert "새 API 키 만들기" in site
    assert "이용 시간" in room
