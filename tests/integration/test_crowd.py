"""The open run in small: a real crowd through real processes, every promise looked at."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from issuance.issued_coupons import list_holders
from issuance.postgres.connection_stats import count_open_connections
from issuance.postgres.engine import open_engine
from load.crowd.options import CrowdOptions
from load.crowd.run import run_crowd
from load.crowd.verdict import Verdict, verdict
from tests.house import House


def send_crowd(house: House, engine, code: str, members: int, **options: object) -> Verdict:
    coupon = house.call("GET", f"/api/coupons/{code}")[1]
    chosen = CrowdOptions(house.base_url, code, members, connections_max=200, **options)
    direct = coupon["issuing"] != "queue"
    seen, _ = asyncio.run(
        run_crowd(chosen, house.identity.sign, direct=direct, seen=lambda _: None)
    )
    rows = list_holders(engine, code)
    return verdict(seen, total_count=coupon["total_count"], holders=rows)


@contextmanager
def watched_connections(database_url: str) -> Iterator[list[int]]:
    """Counts the product's connections, as pg_stat_activity shows them, many times a second."""
    watcher = open_engine(database_url, connections_max=1, name="x").execution_options()
    counts: list[int] = []
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            counts.append(count_open_connections(watcher) - 1)  # but for our own
            time.sleep(0.02)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield counts
    finally:
        done.set()
        thread.join()
        watcher.dispose()


def verify_everything_is_kept(result: Verdict, issued: int, refused: int) -> None:
    assert result.errors == ()
    assert (result.issued, result.refused, result.failed) == (issued, refused, 0)
    assert result.rows == issued
    assert (result.over_issued, result.twice, result.overtaken) == (0, 0, 0)
    assert (result.told_without_row, result.row_untold, result.place_rose) == (0, 0, 0)


def test_two_thousand_members_get_exactly_three_hundred_coupons(house, engine, database_url, code):
    house.start_all(workers=2)
    house.offer(code, total=300, rate_per_s=300, burst=30)
    engine.dispose()  # or our own connections would be counted

    with watched_connections(database_url) as counts:
        result = send_crowd(house, engine, code, members=2_000)

    verify_everything_is_kept(result, issued=300, refused=1_700)
    workers, web, admitter = 2, 4, 2
    assert len(counts) > 20
    assert 0 < max(counts) <= workers + web + admitter


def test_five_clicks_at_once_give_one_coupon(house, engine, code):
    house.start_all()
    house.offer(code, total=60)

    result = send_crowd(house, engine, code, members=300, double_click=True)

    verify_everything_is_kept(result, issued=60, refused=240)


@pytest.mark.parametrize("way", ["pessimistic", "optimistic", "redis_lock"])
def test_the_direct_ways_are_as_exact(house, engine, code, way):
    house.start_web()
    house.offer(code, total=50, issuing=way)

    result = send_crowd(house, engine, code, members=150, double_click=True)

    verify_everything_is_kept(result, issued=50, refused=100)
