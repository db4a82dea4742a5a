"""When Postgres or Redis is away: it is said, nobody is lost, and all goes on by itself."""

import time

from redis import Redis

from issuance.issued_coupons import list_holders
from tests.house import eventually, open_house
from tests.integration.test_processes import enter_all, states
from tests.tcp_proxy import can_drop, proxied
from waitroom.redis_io.keys import Keys

RATE_PER_S = 10
STANDS_STILL_S = 1.0
WITHOUT_POSTGRES = {"ready": False, "postgres": False, "redis": True, "queue": True}
WITHOUT_REDIS = {"ready": False, "postgres": True, "redis": False, "queue": False}


def test_however_postgres_fails_admission_stops_and_goes_on_by_itself(
    database_url, redis_url, engine, code, tmp_path
):
    """Reset and refused; no answer; and not even an acknowledgement."""
    members = [f"member-{n}" for n in range(200)]
    entered, said = 150, []
    with (
        proxied(database_url) as (postgres, url),
        open_house(url, redis_url, tmp_path) as house,
        Redis.from_url(redis_url) as redis,
    ):

        def admitted() -> int:
            return int(redis.hget(Keys(code).tally, "admitted") or 0)

        def stands_still() -> bool:
            before = admitted()
            time.sleep(STANDS_STILL_S)
            return admitted() == before

        def is_hurried() -> bool:
            path, body = f"/api/admin/rooms/{code}", {"rate_per_s": 1_000}
            return house.call("PATCH", path, body, token=house.admin_token)[0] == 200

        house.start_all()
        house.offer(code, total=1_000, rate_per_s=RATE_PER_S, burst=1)
        enter_all(house, code, members[:entered])
        ways = [postgres.cut, postgres.hang]
        if can_drop():
            ways.append(postgres.drop)
        for fails in ways:
            before = admitted()
            eventually(lambda before=before: admitted() > before)
            fails()
            eventually(stands_still)
            assert redis.zcard(Keys(code).waiting), "the line moves no more, though it is not empty"
            eventually(lambda: house.call("GET", "/readyz")[0] == 503)
            said.append(house.call("GET", "/readyz"))
            enter_all(house, code, members[entered : entered + 10])
            entered += 10
            postgres.mend()
            eventually(lambda: house.call("GET", "/readyz")[0] == 200)
        enter_all(house, code, members[entered:])
        waiting = states(house, code, members).count("waiting")
        eventually(is_hurried)
        eventually(lambda: set(states(house, code, members)) == {"issued"})

    assert waiting > 0
    assert said == [(503, WITHOUT_POSTGRES)] * len(ways)
    assert sorted(list_holders(engine, code)) == sorted(members)


def test_while_redis_is_away_it_is_said_and_places_are_kept(
    database_url, redis_url, engine, code, tmp_path
):
    members = [f"member-{n}" for n in range(40)]
    with proxied(redis_url) as (redis, url), open_house(database_url, url, tmp_path) as house:
        house.start_all()
        house.offer(code, total=100, rate_per_s=10, burst=1)
        before = enter_all(house, code, members)

        redis.cut()
        status, problem = house.member("GET", f"/api/rooms/{code}/place", members[-1])
        eventually(lambda: house.call("GET", "/readyz")[0] == 503)
        ready, parts = house.call("GET", "/readyz")
        redis.mend()
        eventually(lambda: house.call("GET", "/readyz")[0] == 200)
        after = [house.member("GET", f"/api/rooms/{code}/place", m)[1] for m in members]
        eventually(lambda: set(states(house, code, members)) == {"issued"})

    assert (status, problem["type"]) == (503, "unavailable")
    assert problem["retry_after_s"] > 0
    assert (ready, parts) == (503, WITHOUT_REDIS)
    assert {p["room"] for p in after} == {code}
    arrivals = {p["arrived_at"] for p in before}
    assert {p["arrived_at"] for p in after} == arrivals
    assert sorted(list_holders(engine, code)) == sorted(members)
