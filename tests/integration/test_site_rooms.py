"""Sites and their rooms in Postgres: kept whole, audited, and apart from coupons by their code."""

from dataclasses import replace
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from application.destinations.site.rooms import SiteRooms
from domain.invalid_value import InvalidValue
from domain.refusals import AlreadyStarted
from domain.room_settings import RoomSettings
from domain.sites.site_room import UNBOUNDED_COUNT
from domain.sites.site_settings import SiteSettings
from issuance import audit, offers
from issuance.errors import CodeTaken, NoSuchCoupon
from issuance.migrate import migrate
from issuance.sites import site_rooms
from issuance.sites.errors import NoSuchSite, NoSuchSiteRoom, SiteCodeTaken
from issuance.sites.site_rooms import change_site_room, get_site_room, list_site_rooms
from issuance.sites.sites import change_site, get_site, list_sites
from tests.integration.cast import HOUR, now, on_offer
from tests.integration.site_cast import HOSTS, site_room_there, site_there
from tests.integration.test_room_identity import database_at, insert_as_before

BEFORE = "0013"
RENEWED = SiteSettings(session_s=300, renewal="sliding", target_url="https://shop.example/sale")


@pytest.fixture
def site(engine, code):
    return site_there(engine, f"{code}-shop")


@pytest.fixture
def release_before(servers):
    """A database with the schema of the release before."""
    with database_at(servers.database_url, BEFORE) as engine:
        yield engine


def test_a_site_is_kept_as_it_was_created_and_changed(engine, site):
    changed = change_site(engine, site.code, hosts=["tea.example"], who="alice", now=now())

    assert (site.name, site.hosts) == ("Tea shop", HOSTS)
    assert get_site(engine, site.code) == changed == replace(site, hosts=("tea.example",))
    assert [one for one in list_sites(engine) if one.code == site.code] == [changed]
    entry = audit.last_change(engine, f"site {site.code}")
    assert (entry.who, entry.what) == ("alice", "site changed")
    assert (entry.before, entry.after) == ({"hosts": list(HOSTS)}, {"hosts": ["tea.example"]})


def test_a_site_that_breaks_a_rule_or_has_anothers_code_is_not_created(engine, site):
    with pytest.raises(InvalidValue):
        site_there(engine, f"{site.code}-2", hosts=["shop.example/path"])
    with pytest.raises(SiteCodeTaken):
        site_there(engine, site.code)
    with pytest.raises(NoSuchSite):
        get_site(engine, f"{site.code}-2")


def test_a_site_room_is_kept_with_its_settings_and_never_sells_out(engine, site, code):
    made = site_room_there(engine, site, code, settings=RENEWED, seats=50)

    assert get_site_room(engine, code) == made
    assert (made.room.kind, made.site, made.settings) == ("site", site, RENEWED)
    assert (made.room.settings.seats, made.closes_at) == (50, None)
    assert made.room.further["claim_s"] == 120
    assert (made.room.total_count, made.room.used_count) == (UNBOUNDED_COUNT, 0)
    assert [one for one in list_site_rooms(engine) if one.code == code] == [made]
    entry = audit.last_change(engine, code)
    assert (entry.who, entry.what) == ("test", "site room created")
    assert entry.after["room"]["session_s"] == 300


def test_all_settings_change_while_it_runs_each_change_is_a_later_version(engine, site, code):
    before = site_room_there(engine, site, code)

    def alter(room):
        return room.change(seats=7, claim_s=30, alg="RS256")

    after = change_site_room(engine, code, alter, who="alice", now=now())
    again = change_site_room(engine, code, alter, who="alice", now=now())

    assert (after.room.settings.seats, after.settings.claim_s) == (7, 30)
    assert after.room.version == before.room.version + 1
    assert again == after
    entry = audit.last_change(engine, code)
    assert (entry.before, entry.after) == (
        {"room": {"seats": 2000, "claim_s": 120, "alg": "ES256"}},
        {"room": {"seats": 7, "claim_s": 30, "alg": "RS256"}},
    )


def test_a_target_address_is_the_sites_and_a_site_that_loses_the_host_keeps_its_rooms(
    engine, site, code
):
    stranger = SiteSettings(target_url="https://evil.example/")
    with pytest.raises(InvalidValue, match="target_url must be an address of shop"):
        site_room_there(engine, site, code, settings=stranger)
    site_room_there(engine, site, code, settings=RENEWED)

    change_site(engine, site.code, hosts=["tea.example"], who="test", now=now())

    moved = get_site_room(engine, code)
    assert moved.settings.target_url == "https://shop.example/sale"
    assert moved.target_url == "https://tea.example/"
    other = change_site_room(engine, code, lambda room: room.change(title="x"), who="t", now=now())
    assert other.title == "x"
    with pytest.raises(InvalidValue, match="target_url must be an address of tea"):
        change_site_room(
            engine,
            code,
            lambda room: room.change(target_url=stranger.target_url),
            who="test",
            now=now(),
        )


@pytest.mark.parametrize("issuing", ["queue", "pessimistic"])
def test_a_code_names_one_coupon_or_one_room_of_a_site(engine, site, code, issuing):
    on_offer(engine, f"{code}-a", issuing=issuing)
    site_room_there(engine, site, f"{code}-b")

    with pytest.raises(CodeTaken):
        site_room_there(engine, site, f"{code}-a")
    with pytest.raises(CodeTaken):
        on_offer(engine, f"{code}-b", issuing=issuing)
    with pytest.raises(NoSuchSiteRoom):
        get_site_room(engine, f"{code}-a")
    with pytest.raises(NoSuchCoupon):
        offers.get_offer(engine, f"{code}-b")


def test_a_process_of_the_release_before_gives_no_coupon_the_code_of_a_site_room(release_before):
    with release_before.begin() as tx:
        insert_as_before(tx, "spring")
        insert_as_before(tx, "direct", "pessimistic")
    migrate(release_before)
    site = site_there(release_before, "shop")
    site_room_there(release_before, site, "sale")

    for issuing in ("queue", "pessimistic"):
        with (
            pytest.raises(IntegrityError, match="one_owner_per_code"),
            release_before.begin() as tx,
        ):
            insert_as_before(tx, "sale", issuing)
    for taken in ("spring", "direct"):
        with pytest.raises(CodeTaken):
            site_room_there(release_before, site, taken)
    with release_before.begin() as tx:
        insert_as_before(tx, "autumn")

    assert [one.coupon.code for one in offers.list_offers(release_before)] == [
        "spring",
        "direct",
        "autumn",
    ]
    assert [one.code for one in list_site_rooms(release_before)] == ["sale"]


def test_a_site_room_has_a_schedule(engine, code):
    insert = "INSERT INTO rooms (id, code, kind, draw_seed) VALUES (:id, :code, 'site', :seed)"
    given = {"id": uuid4(), "code": code, "seed": bytes(32)}

    with pytest.raises(IntegrityError, match="room_has_a_schedule"), engine.begin() as tx:
        tx.execute(text(insert), given)


async def test_a_drawn_lobby_of_a_site_is_stored_once_and_fixes_the_opening(engine, site, code):
    made = site_room_there(
        engine, site, code, opens_at=now() + HOUR, closes_at=now() + 2 * HOUR, opening="draw"
    )
    rooms, drawn_at = SiteRooms(engine), now()

    drawn = await rooms.save_draw(code, ["bob", "alice"], drawn_at)
    again = await rooms.save_draw(code, ["carol"], drawn_at)

    assert (drawn.drawn.entrants_count, drawn.version) == (2, made.room.version + 1)
    assert again == drawn == get_site_room(engine, code).room
    assert audit.last_change(engine, code).what == "lobby drawn"
    with pytest.raises(AlreadyStarted):
        change_site_room(
            engine,
            code,
            lambda room: room.change(opens_at=now()),
            who="test",
            now=now(),
        )


async def test_the_room_store_lists_the_rooms_of_sites_alone(engine, site, code):
    on_offer(engine, f"{code}-a", room=RoomSettings())
    made = site_room_there(engine, site, f"{code}-b")

    found = await SiteRooms(engine).list_rooms()

    assert [one for one in found if one.code.startswith(code)] == [made.room]


def test_of_too_many_rooms_the_ones_that_open_last_are_listed(engine, site, code, monkeypatch):
    monkeypatch.setattr(site_rooms, "SITE_ROOMS_MAX", 2)
    for name, hours in (("b", 2), ("a", 1), ("c", 3)):
        site_room_there(engine, site, f"{code}-{name}", opens_at=now() + hours * HOUR)

    assert [one.code for one in list_site_rooms(engine)] == [f"{code}-b", f"{code}-c"]
