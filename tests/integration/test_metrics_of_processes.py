"""Several processes behind one port: whichever is asked for metrics answers for all of them."""

import os
import signal
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from prometheus_client.parser import text_string_to_metric_families

from load.bench.process_usage import family
from tests.house import House, eventually
from tests.integration.test_api_metrics import samples
from tests.ops_files import expressions, metrics_in, sample_names

ENTER = {"method": "POST", "route": "/api/rooms/{code}/enter"}


def asked(house: House) -> str:
    """By a connection of its own, which any process may take."""
    with urllib.request.urlopen(f"{house.base_url}/metrics", timeout=60) as answer:
        return answer.read().decode()


def entered(text: str) -> int:
    counted = samples(text, **ENTER, status="2xx").get("waitroom_http_requests_total", 0)
    timed = samples(text, **ENTER).get("waitroom_http_request_duration_seconds_count", 0)
    assert counted == timed
    return int(counted)


def enter(house: House, code: str, members: range) -> None:
    with ThreadPoolExecutor(8) as pool:
        path = f"/api/rooms/{code}/enter"
        answers = pool.map(lambda n: house.member("POST", path, f"member-{n}"), members)
        assert {status for status, _ in answers} == {202}


def all_say(house: House) -> set[int]:
    with ThreadPoolExecutor(8) as pool:
        return set(pool.map(lambda _: entered(asked(house)), range(16)))


def follow(house: House, code: str, n: int):
    """An open stream."""
    request = urllib.request.Request(f"{house.base_url}/api/rooms/{code}/live")
    request.add_header("Authorization", f"Bearer {house.identity.sign(f'member-{n}')}")
    return urllib.request.urlopen(request, timeout=60)


def metric(house: House, name: str, **labels: str) -> float:
    return samples(asked(house), **labels).get(f"waitroom_{name}", 0)


def test_any_process_tells_of_all_and_nothing_is_lost_with_one(house, code):
    web = house.start("web", "--port", str(house.port), "--processes", "2")
    eventually(lambda: house.is_ready() and metric(house, "web_processes") == 2)
    house.offer(code, total=10)

    enter(house, code, range(40))
    streams = [follow(house, code, n) for n in range(4)]
    eventually(lambda: all_say(house) == {40})  # each reading may be a second old
    eventually(lambda: metric(house, "live_streams") == 4)
    live = {"method": "GET", "route": "/api/rooms/{code}/live", "status": "2xx"}
    eventually(lambda: metric(house, "http_requests_total", **live) == 4)

    victim = next(pid for pid in family(web.pid) if pid != web.pid)
    os.kill(victim, signal.SIGKILL)
    eventually(lambda: victim not in family(web.pid) and house.is_ready())
    eventually(lambda: metric(house, "web_processes") == 2)
    eventually(lambda: all_say(house) == {40})  # what the killed one had counted stays
    enter(house, code, range(40, 60))
    eventually(lambda: all_say(house) == {60})

    families = text_string_to_metric_families(asked(house))
    told = set().union(*(sample_names(one.name, one.type) for one in families))
    for where, expression in expressions():
        assert metrics_in(expression) <= told, where

    for stream in streams:
        stream.close()
    eventually(lambda: metric(house, "live_streams") == 0)
