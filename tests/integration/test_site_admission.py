"""Members of a site's room are called by their order, also while Postgres is away."""

from datetime import timedelta

from redis import Redis

from application.destinations.coupon.rooms import CouponRooms
from application.destinations.registry import by_kind
from application.destinations.site.destination import SiteDestination
from application.destinations.site.rooms import SiteRooms
from application.room_sync import RoomSync
from domain.sites.site_settings import SiteSettings
from issuance.sites.site_rooms import get_site_room
from tests.house import eventually, open_house
from tests.integration.cast import HOUR, now, on_offer
from tests.integration.line_cast import enter, kinds
from tests.integration.site_cast import site_room_there, site_there
from tests.integration.test_clocks import until
from tests.integration.test_processes import enter_all
from tests.tcp_proxy import proxied
from waitroom.admitter import Admitter
from waitroom.redis_io.keys import Keys

MEMBERS = [f"member-{n}" for n in range(60)]


async def test_the_line_has_the_kind_and_the_settings_of_a_site_room(line, engine, redis_url, code):
    made = site_room_there(
        engine, site_there(engine, code), code, settings=SiteSettings(claim_s=30, session_s=90)
    )

    await line.apply_settings(made.room)

    with Redis.from_url(redis_url, decode_responses=True) as redis:
        names = ("kind", "claim_s", "session_s", "session_max_s", "renewal", "passthrough")
        assert redis.hmget(Keys(code).room, names) == [
            "site", "30", "90", "3600", "off", "auto"
        ]  # fmt: skip
    assert code in await line.codes("site")
    assert code not in await line.codes("coupon")


async def test_a_site_room_calls_the_front_of_its_line_up_to_its_seats(line, engine, code):
    made = site_room_there(engine, site_there(engine, code), code, seats=2)
    await line.apply_settings(made.room)
    await enter(line, code, ["alice", "bob", "carol"])

    for _ in range(3):
        await Admitter(line, SiteDestination(line)).tick()

    assert await kinds(line, code, ["alice", "bob", "carol"]) == [
        "called", "called", "waiting"
    ]  # fmt: skip


async def test_the_rooms_of_both_kinds_are_brought_to_the_line_drawn_and_retired(
    line, engine, code
):
    coupon, drawn, over = f"{code}-a", f"{code}-b", f"{code}-c"
    site, sync = (
        site_there(engine, code),
        RoomSync(engine, line, by_kind([CouponRooms(engine, line), SiteRooms(engine)])),
    )
    on_offer(engine, coupon)
    opens_at = now() + timedelta(seconds=2)
    site_room_there(engine, site, drawn, opens_at=opens_at, opening="draw")
    ended = site_room_there(
        engine, site, over, opens_at=now() - 4 * HOUR, closes_at=now() - 2 * HOUR
    )
    await line.apply_settings(ended.room)

    await sync.run_once()
    served = await line.codes()
    await enter(line, drawn, ["alice", "bob"])
    await until(opens_at)
    await sync.run_once()

    assert {one for one in served if one.startswith(code)} == {coupon, drawn}
    found = get_site_room(engine, drawn).room
    assert found.drawn is not None
    assert found.drawn.entrants_count == 2
    assert await kinds(line, drawn, ["alice", "bob"]) == ["waiting", "waiting"]


def test_while_postgres_is_away_site_rooms_admit_and_coupon_rooms_rest(
    database_url, redis_url, engine, code, tmp_path
):
    coupon, room = f"{code}-a", f"{code}-b"
    site = site_there(engine, code)
    site_room_there(engine, site, room, rate_per_s=1_000)
    with (
        proxied(database_url) as (postgres, url),
        open_house(url, redis_url, tmp_path) as house,
        Redis.from_url(redis_url) as redis,
    ):

        def admitted(code: str) -> int:
            return int(redis.hget(Keys(code).tally, "admitted") or 0)

        house.start_all()
        house.offer(coupon, total=1_000, rate_per_s=1_000)
        enter_all(house, coupon, MEMBERS[:1])
        # Redis has the room once the admitter has looked.
        path = f"/api/rooms/{room}/enter"
        eventually(lambda: house.member("POST", path, MEMBERS[0])[0] in (200, 202))
        eventually(lambda: (admitted(coupon), admitted(room)) == (1, 1))

        postgres.cut()
        eventually(lambda: house.call("GET", "/readyz")[0] == 503)
        enter_all(house, room, MEMBERS[1:])
        enter_all(house, coupon, MEMBERS[1:])
        eventually(lambda: admitted(room) == len(MEMBERS))
        admitted_meanwhile = admitted(coupon)
        postgres.mend()
        eventually(lambda: admitted(coupon) == len(MEMBERS))

    assert admitted_meanwhile == 1
