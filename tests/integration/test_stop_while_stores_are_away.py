"""SIGTERM ends every process in time, also while a store doesn't answer."""

from __future__ import annotations

import signal
import subprocess
import time

import pytest

from tests.house import open_house
from tests.tcp_proxy import proxied

# compose.yaml gives each 30 s, which is enough for a machine that is not busy (measured by the slow
# test); here it counts that each ends by itself.
STOPS_WITHIN_S, ENDS_WITHIN_S = 27.0, 120.0
COMMANDS = (("worker", "--workers", "1"), ("admitter",))
# Longer than a process needs to notice, so that it is trying again when it has to stop.
AWAY_FOR_S = 3.0


@pytest.mark.parametrize(
    ("store", "fault", "within_s"),
    [
        pytest.param("redis", "close", ENDS_WITHIN_S, id="redis-close"),
        pytest.param("redis", "cut", ENDS_WITHIN_S, id="redis-cut"),
        pytest.param("redis", "hang", ENDS_WITHIN_S, id="redis-hang"),
        pytest.param("postgres", "close", ENDS_WITHIN_S, id="postgres-close"),
        pytest.param("redis", "hang", STOPS_WITHIN_S, id="in-time", marks=pytest.mark.slow),
    ],
)
def test_a_process_stops_while_a_store_is_away(
    database_url, redis_url, tmp_path, code, store, fault, within_s
):
    with (
        proxied(redis_url) as (redis, redis_by_proxy),
        proxied(database_url) as (postgres, database_by_proxy),
        open_house(database_by_proxy, redis_by_proxy, tmp_path) as house,
    ):
        house.redis_url = redis_url  # which the house tidies at the end
        processes = [house.start_web(), *(house.start(*words) for words in COMMANDS)]
        _wait_until_working(house, code)

        getattr(redis if store == "redis" else postgres, fault)()
        time.sleep(AWAY_FOR_S)
        for process in processes:
            process.send_signal(signal.SIGTERM)

        codes = [_exit_code(process, within_s) for process in processes]
    assert codes == [0, 0, 0]


def _exit_code(process, within_s) -> int | None:
    try:
        return process.wait(within_s)
    except subprocess.TimeoutExpired:
        return None


def _wait_until_working(house, code) -> None:
    """A coupon that a member got: each process has done its part."""
    house.offer(code, 1)
    house.member("POST", f"/api/rooms/{code}/enter", "alice")
    deadline = time.monotonic() + 30
    while house.member("GET", f"/api/rooms/{code}/place", "alice")[1].get("state") != "issued":
        assert time.monotonic() < deadline
        time.sleep(0.1)
