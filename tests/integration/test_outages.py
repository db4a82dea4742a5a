"""When Postgres or Redis is away: it is said, nobody is lost, and all goes on by itself."""

import time

from issuance.ledger import holders
from tests.house import eventually, open_house
from tests.integration.test_processes import enter_all, states
from tests.tcp_proxy import proxied


def test_while_postgres_is_away_nobody_is_called_up_and_everybody_may_enter(
    database_url, redis_url, engine, code, tmp_path
):
    members = [f"member-{n}" for n in range(60)]
    with proxied(database_url) as (postgres, url), open_house(url, redis_url, tmp_path) as house:
        house.start_all()
        house.offer(code, total=100, rate_per_s=20, burst=1)
        enter_all(house, code, members[:50])
        eventually(lambda: "issued" in states(house, code, members[:1]))

        postgres.cut()
        time.sleep(1.5)
        waiting = states(house, code, members[:50]).count("waiting")
        enter_all(house, code, members[50:])
        time.sleep(1.5)
        still_waiting = states(house, code, members[:50]).count("waiting")
        postgres.mend()
        eventually(lambda: set(states(house, code, members)) == {"issued"})

    assert waiting > 0
    assert still_waiting == waiting
    assert sorted(holders(engine, code)) == sorted(members)


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
        ready, parts = house.call("GET", "/readyz")
        redis.mend()
        eventually(lambda: house.call("GET", "/readyz")[0] == 200)
        after = [house.member("GET", f"/api/rooms/{code}/place", m)[1] for m in members]
        eventually(lambda: set(states(house, code, members)) == {"issued"})

    assert (status, problem["type"]) == (503, "unavailable")
    assert problem["retry_after_s"] > 0
    assert (ready, parts) == (503, {"ready": False, "postgres": True, "redis": False})
    assert {p["room"] for p in after} == {code}
    arrivals = {p["arrived_at"] for p in before}
    assert {p["arrived_at"] for p in after} == arrivals
    assert sorted(holders(engine, code)) == sorted(members)
