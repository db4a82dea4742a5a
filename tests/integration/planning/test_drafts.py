"""Drafts: nobody but an admin finds one, until it is published."""

import re

import pytest

from application.destinations.coupon.rooms import CouponRooms
from application.destinations.registry import by_kind
from application.destinations.site.rooms import SiteRooms
from application.room_sync import RoomSync
from domain.invalid_value import InvalidValue
from domain.room import ROOM_KINDS
from issuance.audit import list_entries
from issuance.offers import create_offer
from issuance.planning.errors import NoRoomWithCode
from issuance.planning.stages import get_room, publish_room
from tests.integration.cast import HOUR, a_coupon, now
from tests.integration.planning.plan_cast import a_draft
from tests.integration.web_cast import ADMIN, a_coupon_in, by
from tests.route_table import calls_of
from web.app import ROUTES

FOR_ADMINS = ("/admin", "/api/admin", "/metrics")
# In place of what differs between two answers to the same question.
ANY_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[0-9.]*(?:\+00:00|Z)")
ANY_ID = re.compile(r"[0-9a-f]{12}-[0-9a-f]{8}|\b\d{10,}\b|[\w+/=-]{32,}")


def public_calls() -> list[tuple[str, str]]:
    """Each call that is not for admins, with a code in its path."""
    found = [(call.method, call.route) for call in calls_of(ROUTES) if "{code" in call.route]
    return [(method, path) for method, path in found if not path.startswith(FOR_ADMINS)]


@pytest.fixture
def sync(own, engine) -> RoomSync:
    """What the admitter does each second."""
    return RoomSync(engine, own, by_kind([CouponRooms(engine, own), SiteRooms(engine)]))


async def answer(client, method: str, path: str, code: str, who: dict[str, str]) -> tuple:
    """What anybody can tell of an answer, with the code taken out."""
    url = re.sub(r"\{\w+(?::\w+)?\}", code, path)
    got = await client.request(method, url, headers=who)
    text = ANY_ID.sub("ID", ANY_TIME.sub("TIME", got.text.replace(code, "CODE")))
    return got.status_code, text, got.headers.get("location", "").replace(code, "CODE")


@pytest.mark.parametrize("kind", ROOM_KINDS)
async def test_every_public_route_answers_for_a_draft_as_for_an_unknown_code(
    client, sync, engine, code, kind
):
    a_draft(engine, code, kind)
    await sync.run_once()
    calls, unknown = public_calls(), code[:-1] + ("a" if code[-1] != "a" else "b")

    for who in ({}, by("alice")):
        for method, path in calls:
            one = await answer(client, method, path, code, who)
            other = await answer(client, method, path, unknown, who)
            assert one == other, (method, path)

    assert len(calls) > 15


@pytest.mark.parametrize("kind", ROOM_KINDS)
async def test_no_list_has_a_draft_and_the_admitter_does_not_serve_it(
    client, sync, line, engine, code, kind
):
    a_draft(engine, code, kind)

    await sync.run_once()

    assert code not in await line.codes()
    for path in ("/", "/?lang=ko", "/api/coupons", "/metrics"):
        found = await client.get(path)
        assert found.status_code == 200
        assert code not in found.text, path


@pytest.mark.parametrize("kind", ROOM_KINDS)
async def test_the_line_takes_no_draft(line, engine, code, kind):
    draft = a_draft(engine, code, kind)

    assert not await line.apply_settings(draft)

    assert code not in await line.codes()


async def test_publishing_a_draft_lets_members_enter(client, engine, code):
    made = await client.post(
        "/api/admin/coupons", json=a_coupon_in(code, draft=True), headers=ADMIN
    )
    before = await client.post(f"/api/rooms/{code}/enter", headers=by("alice"))

    published = await client.post(f"/api/admin/rooms/{code}/publish", headers=ADMIN)
    after = await client.post(f"/api/rooms/{code}/enter", headers=by("alice"))

    assert made.status_code == 201
    assert (before.status_code, before.json()["type"]) == (404, "no_such_room")
    assert (published.status_code, published.json()["stage"]) == (200, "published")
    assert after.status_code == 202
    assert code in (await client.get("/api/coupons")).text


async def test_publishing_again_changes_nothing(engine, code):
    a_draft(engine, code, "coupon")
    first = publish_room(engine, code, who="alice", now=now())

    again = publish_room(engine, code, who="bob", now=now())

    assert again.version == first.version
    entries = [entry for entry in list_entries(engine, subject=code) if "published" in entry.what]
    assert [(entry.who, entry.after) for entry in entries] == [("alice", {"stage": "published"})]


async def test_a_draft_whose_time_is_over_is_not_published(client, engine, code):
    a_draft(engine, code, "coupon", opens_at=now() - 2 * HOUR, closes_at=now() - HOUR)

    refused = await client.post(f"/api/admin/rooms/{code}/publish", headers=ADMIN)

    assert refused.status_code == 422
    assert refused.json()["errors"][0]["where"] == "expire_date"
    assert get_room(engine, code).stage == "draft"


async def test_the_lobby_order_of_a_draft_may_change_after_its_lobby_would_have_opened(
    client, engine, code
):
    a_draft(engine, code, "coupon")

    changed = await client.patch(
        f"/api/admin/rooms/{code}", json={"opening": "draw"}, headers=ADMIN
    )

    assert (changed.status_code, changed.json()["waiting"]) == (200, 0)
    assert get_room(engine, code).settings.opening == "draw"


def test_a_coupon_without_a_line_can_be_no_draft(engine, code):
    coupon = a_coupon(code, issuing="pessimistic")

    with pytest.raises(InvalidValue) as raised:
        create_offer(engine, coupon, None, stage="draft", who="test", now=now())

    assert raised.value.rule == "needs_line"


def test_a_code_without_a_room_has_no_plan(engine, code):
    with pytest.raises(NoRoomWithCode):
        publish_room(engine, code, who="test", now=now())
