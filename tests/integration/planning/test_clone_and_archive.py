"""Clones have a room's settings and branding alone; the archive takes rooms out of lists."""

from datetime import timedelta

import pytest

from domain.branding import Logo
from domain.room import ROOM_KINDS
from issuance import offers
from issuance.brandings import change_branding, change_logo, find_logo
from issuance.errors import CodeTaken
from issuance.offers import change_offer, get_offer
from issuance.planning.clones import clone_room
from issuance.planning.errors import NotOver
from issuance.planning.stages import (
    archive_room,
    get_room,
    list_rooms,
    publish_room,
    unarchive_room,
)
from issuance.sites.site_rooms import change_site_room
from tests.integration.cast import HOUR, now, time_passes
from tests.integration.planning.plan_cast import a_draft
from tests.integration.web_cast import ADMIN, by, in_line, serve

WHO = {"who": "test"}
# A room that opens in a week is archived at once: other tests ask which rooms open last.
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


async def test_a_clone_has_settings_and_branding_but_no_members(line, engine, code):
    await in_line(line, engine, code, total=7)
    change_branding(engine, code, {"name": "Tea shop", "colour": "#0c6a56"}, **WHO, now=now())
    change_logo(engine, code, Logo(PNG), **WHO, now=now())
    await line.enter(code, "alice")
    await serve(line, engine, code)

    clone_room(engine, code, f"{code}-b", **WHO, now=now())

    one, other = get_offer(engine, code), get_offer(engine, f"{code}-b")
    assert (other.coupon.inventory.total_count, other.coupon.inventory.used_count) == (7, 0)
    assert (other.settings, other.branding) == (one.settings, one.branding)
    assert find_logo(engine, f"{code}-b").picture == PNG
    assert (other.room.stage, other.room.seed != one.room.seed) == ("draft", True)


@pytest.mark.parametrize("kind", ROOM_KINDS)
def test_a_clone_of_a_room_that_has_opened_opens_at_the_same_time_of_a_week_to_come(
    engine, code, kind
):
    given = a_draft(engine, code, kind)
    publish_room(engine, code, **WHO, now=now())

    made = clone_room(engine, code, f"{code}-b", **WHO, now=now())

    assert made.opens_at - given.opens_at == timedelta(weeks=1)
    assert made.closes_at - made.opens_at == given.closes_at - given.opens_at
    assert made.kind == kind
    archive_room(engine, made.code, **WHO, now=now())


def close(engine, code, kind):
    if kind == "site":
        change_site_room(engine, code, lambda one: one.change(state="closed"), **WHO, now=now())
    else:
        change_offer(
            engine,
            code,
            lambda offer: (offer.coupon, offer.settings.change(state="closed")),
            **WHO,
            what="room changed",
            now=now(),
        )


@pytest.mark.parametrize("kind", ROOM_KINDS)
def test_a_clone_opens_though_its_room_was_closed(engine, code, kind):
    a_draft(engine, code, kind)

    close(engine, code, kind)

    made = clone_room(engine, code, f"{code}-b", **WHO, now=now())

    assert get_room(engine, code).settings.state == "closed"
    assert made.settings.state == "open"
    archive_room(engine, made.code, **WHO, now=now())


def test_a_clone_needs_a_free_code(engine, code):
    a_draft(engine, code, "coupon")

    with pytest.raises(CodeTaken):
        clone_room(engine, code, code, **WHO, now=now())


@pytest.mark.parametrize("kind", ROOM_KINDS)
def test_a_room_that_is_not_over_is_not_archived(engine, code, kind):
    a_draft(engine, code, kind)
    publish_room(engine, code, **WHO, now=now())

    with pytest.raises(NotOver):
        archive_room(engine, code, **WHO, now=now())

    assert get_room(engine, code).archived_at is None


@pytest.mark.parametrize("kind", ROOM_KINDS)
def test_a_draft_may_be_archived_and_is_back_afterwards(engine, code, kind):
    a_draft(engine, code, kind)

    archive_room(engine, code, **WHO, now=now())

    assert code not in [room.code for room in list_rooms(engine)]
    assert code in [room.code for room in list_rooms(engine, archived=True)]
    unarchive_room(engine, code, **WHO, now=now())
    assert code in [room.code for room in list_rooms(engine)]


async def test_an_archived_room_leaves_the_lists_and_keeps_its_pages(client, line, engine, code):
    await in_line(line, engine, code)
    await line.enter(code, "alice")
    await serve(line, engine, code)
    time_passes(engine, 2 * HOUR)

    archived = await client.post(f"/api/admin/rooms/{code}/archive", headers=ADMIN)

    assert archived.status_code == 200
    for path in ("/", "/api/coupons"):
        assert code not in (await client.get(path)).text
    listed = (await client.get("/api/admin/rooms", headers=ADMIN)).json()
    kept = (await client.get("/api/admin/rooms?archived=true", headers=ADMIN)).json()
    assert code not in [room["code"] for room in listed]
    assert code in [room["code"] for room in kept]
    assert (await client.get(f"/coupons/{code}")).status_code == 200
    assert len((await client.get("/api/me/coupons", headers=by("alice"))).json()) == 1


def test_an_archived_room_gives_way_to_others_in_a_long_list(engine, code, monkeypatch):
    a_draft(engine, code, "coupon", opens_at=now() + 100 * HOUR, closes_at=now() + 200 * HOUR)
    archive_room(engine, code, **WHO, now=now())
    a_draft(engine, f"{code}-b", "coupon")
    others = [one.coupon.code for one in offers.list_offers(engine) if not one.is_archived]

    monkeypatch.setattr(offers, "OFFERS_MAX", len(others))

    assert [one.coupon.code for one in offers.list_offers(engine)] == others


def test_a_draft_changes_as_any_room(engine, code):
    a_draft(engine, code, "coupon")

    def alter(offer):
        return offer.coupon, offer.settings.change(rate_per_s=42.0)

    changed = change_offer(engine, code, alter, **WHO, what="room changed", now=now())

    assert (changed.settings.rate_per_s, changed.room.stage) == (42.0, "draft")
