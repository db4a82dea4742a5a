"""Redis loses everything in the middle of a run, and nobody loses their place or gets two."""

import os
import threading
import time

from redis import Redis
from sqlalchemy import Engine

from issuance.issued_coupons import count_issued
from tests.house import House, eventually
from tests.integration.test_crowd import send_crowd, verify_everything_is_kept

# LOST_MEMBERS=5000 is the size it is meant for; a tenth of it shows the same.
MEMBERS = int(os.environ.get("LOST_MEMBERS", "500"))
COUPONS = MEMBERS * 6 // 10
RUN_S = 8
# Longer than anybody in so short a line is told to wait before they ask again.
RESTORE_S = 8


def lose_everything(house: House, engine: Engine, code: str) -> None:
    """Once everybody is in line and a third of the coupons is gone."""
    eventually(lambda: house.admin("GET", f"/rooms/{code}")["entered"] >= MEMBERS)
    eventually(lambda: count_issued(engine, code)[0] >= COUPONS // 3)
    with Redis.from_url(house.redis_url) as redis:
        redis.flushall()


def test_a_run_goes_on_in_its_old_order_after_redis_has_lost_everything(
    own_house, engine, database_url, code
):
    house = own_house
    house.start_all(workers=2)
    rate = COUPONS / RUN_S
    house.offer(code, COUPONS, rate_per_s=rate, burst=1, restore_s=RESTORE_S)
    losing = threading.Thread(target=lose_everything, args=(house, engine, code))

    losing.start()
    began = time.monotonic()
    result = send_crowd(house, engine, code, MEMBERS, within_s=1)
    took_s = time.monotonic() - began
    losing.join()

    verify_everything_is_kept(result, COUPONS, MEMBERS - COUPONS)
    assert took_s > RESTORE_S  # it did wait for them
    figures = house.admin("GET", f"/rooms/{code}")
    assert figures["restored"] > MEMBERS // 2
    eventually(lambda: house.admin("GET", f"/rooms/{code}")["workers"] == 2)
