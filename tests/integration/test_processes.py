"""What happens to people when processes die, restart, or are told something new."""

import json
import os
import signal
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import jwt

from domain.draw_record import find_faults
from issuance.draws import find_draw
from issuance.issued_coupons import list_holders
from issuance.queue.job_queue import JobQueue, JobQueueLimits
from issuance.queue.redis_connection import open_queue_redis
from load.bench.process_usage import family
from processes.child_process import port_is_free
from tests.house import House, eventually
from tests.integration.cast import on_offer
from tests.tcp_proxy import proxied


def enter_all(house: House, code: str, members: list[str]) -> list[dict]:
    with ThreadPoolExecutor(8) as pool:
        answers = pool.map(lambda m: house.member("POST", f"/api/rooms/{code}/enter", m), members)
        places = [body for status, body in answers if status in (200, 202)]
    assert len(places) == len(members)
    return places


def states(house: House, code: str, members: list[str]) -> list[str]:
    return [house.member("GET", f"/api/rooms/{code}/place", m)[1]["state"] for m in members]


def test_a_worker_killed_between_commit_and_report_loses_nobody(house, engine, code):
    house.start_web()
    house.start("admitter")
    house.offer(code, total=20)
    members = [f"member-{n}" for n in range(10)]
    doomed = house.run([sys.executable, "-m", "tests.integration.dying_worker"])
    enter_all(house, code, members)

    assert doomed.wait(30) == -signal.SIGKILL
    committed = list_holders(engine, code)
    told_meanwhile = states(house, code, members)
    house.start("worker")
    eventually(lambda: set(states(house, code, members)) == {"issued"})

    assert committed
    assert "issued" not in told_meanwhile
    assert sorted(list_holders(engine, code)) == sorted(members)
    assert house.admin("GET", f"/rooms/{code}")["seats_in_use"] == 0


def test_a_lobby_is_drawn_by_the_admitter_and_all_of_it_let_through(house, engine, code):
    house.start_web()
    house.start("admitter")
    house.start("worker")
    opens_at = datetime.now(UTC) + timedelta(seconds=2)
    house.offer(code, total=10, opens_at=opens_at, opening="draw")
    members = [f"member-{n}" for n in range(20)]
    places = enter_all(house, code, members)

    eventually(lambda: house.call("GET", f"/api/rooms/{code}/draw")[1]["drawn_at"])
    eventually(lambda: set(states(house, code, members)) == {"issued", "refused"})

    assert {place["place"] for place in places} == {None}
    record = find_draw(engine, code)
    assert record is not None
    assert sorted(record.members or ()) == sorted(members)
    assert find_faults(record) == []
    assert sorted(list_holders(engine, code)) == sorted((record.members or ())[:10])


def test_a_worker_whose_queue_goes_away_while_it_works_goes_on(house, engine, redis_url, code):
    on_offer(engine, code, total=20)
    queue = house.environ["QUEUE_NAME"]
    desk = JobQueue(open_queue_redis(redis_url, timeout_s=5), queue=queue, limits=JobQueueLimits())

    with proxied(redis_url) as (redis, url):
        house.environ["QUEUE_REDIS_URL"] = url
        worker = house.run([sys.executable, "-m", "tests.integration.dawdling_worker"])
        desk.enqueue(code, ["alice"])
        eventually(lambda: "telling alice\n" in house.log.read_text())
        redis.cut()  # so it can't file the job when it has done it
        time.sleep(2)
        redis.mend()
        desk.enqueue(code, ["bob"])
        eventually(lambda: "telling bob\n" in house.log.read_text())

        assert house.stop(worker) == 0
    assert sorted(list_holders(engine, code)) == ["alice", "bob"]


def test_a_worker_that_is_started_while_the_queue_is_away_waits_for_it(
    house, engine, redis_url, code
):
    on_offer(engine, code, total=20)
    queue = house.environ["QUEUE_NAME"]
    desk = JobQueue(open_queue_redis(redis_url, timeout_s=5), queue=queue, limits=JobQueueLimits())

    with proxied(redis_url) as (redis, url):
        house.environ["QUEUE_REDIS_URL"] = url
        redis.cut()
        worker = house.start("worker", "--workers", "1")
        eventually(
            lambda: "the queue's Redis" in house.log.read_text() or worker.poll() is not None
        )
        desk.enqueue(code, ["alice"])
        redis.mend()

        eventually(lambda: list_holders(engine, code) == ["alice"])
        assert house.stop(worker) == 0


def test_a_worker_that_is_told_to_stop_while_the_queue_is_away_ends(house, engine, redis_url, code):
    on_offer(engine, code, total=20)
    queue = house.environ["QUEUE_NAME"]
    desk = JobQueue(open_queue_redis(redis_url, timeout_s=5), queue=queue, limits=JobQueueLimits())
    desk.enqueue(code, ["alice"])

    with proxied(redis_url) as (redis, url):
        house.environ["QUEUE_REDIS_URL"] = url
        worker = house.start("worker", "--workers", "1")
        eventually(lambda: list_holders(engine, code) == ["alice"])
        time.sleep(0.5)  # until it waits for the next job
        redis.cut()
        time.sleep(0.5)  # it rests a second before it tries again
        worker.send_signal(signal.SIGTERM)
        time.sleep(0.5)  # it has taken its leave, or tried to
        redis.mend()

        assert worker.wait(60) == 0


def test_a_web_command_that_is_killed_leaves_nobody_on_its_port(house):
    web = house.start_web()

    house.kill(web)

    eventually(lambda: port_is_free(house.port))
    house.start_web()  # on the same port
    assert house.call("GET", "/healthz")[0] == 200


def test_a_web_process_that_dies_is_started_again(house, code):
    web = house.start_web()
    [child] = [pid for pid in family(web.pid) if pid != web.pid]

    os.kill(child, signal.SIGKILL)

    eventually(lambda: house.is_ready() and child not in family(web.pid))
    assert house.stop(web) == 0


def test_workers_that_are_killed_again_and_again_issue_exactly_once(house, engine, code):
    house.start_web()
    house.start("admitter")
    house.offer(code, total=150, rate_per_s=100, burst=10)
    members = [f"member-{n}" for n in range(200)]
    enter_all(house, code, members)

    for _ in range(5):
        worker = house.start("worker", "--workers", "1")
        time.sleep(0.9)
        house.kill(worker)
    house.start("worker")
    eventually(lambda: not {"waiting", "admitted"} & set(states(house, code, members)))

    told = {m for m, s in zip(members, states(house, code, members), strict=True) if s == "issued"}
    rows = list_holders(engine, code)
    assert len(rows) == len(set(rows)) == 150
    assert told == set(rows)


def test_turning_the_rate_is_felt_at_once(house, code):
    """At the rate before it would take hours."""
    house.start_all()
    house.offer(code, total=5_000, rate_per_s=0.01, burst=1)
    enter_all(house, code, [f"member-{n}" for n in range(200)])
    eventually(lambda: house.admin("GET", f"/rooms/{code}")["admitted"] == 1)

    house.admin("PATCH", f"/rooms/{code}", {"rate_per_s": 500})

    eventually(lambda: house.admin("GET", f"/rooms/{code}")["admitted"] == 200, within_s=30)
    assert house.admin("GET", f"/rooms/{code}")["waiting"] == 0


def test_pausing_keeps_places_and_resuming_goes_on(house, code):
    house.start_all()
    house.offer(code, total=100)
    house.admin("PATCH", f"/rooms/{code}", {"state": "paused"})
    members = [f"member-{n}" for n in range(30)]
    enter_all(house, code, members)
    time.sleep(0.5)
    paused = house.member("GET", f"/api/rooms/{code}/place", members[0])[1]

    house.admin("PATCH", f"/rooms/{code}", {"state": "open"})
    eventually(lambda: set(states(house, code, members)) == {"issued"})

    assert (paused["state"], paused["room_state"]) == ("waiting", "paused")


def test_a_restarted_web_process_knows_every_place(house, code):
    web = house.start_web()
    house.offer(code, total=100)
    members = [f"member-{n}" for n in range(20)]
    before = enter_all(house, code, members)

    house.kill(web)
    house.start_web()

    after = [house.member("GET", f"/api/rooms/{code}/place", m)[1] for m in members]
    assert [p["arrived_at"] for p in after] == [p["arrived_at"] for p in before]
    assert sorted(p["place"] for p in after) == list(range(1, 21))


def test_every_process_ends_cleanly_when_told_to(house, code):
    """Its log says that it began, and that it ended."""
    house.environ["LOG_FORMAT"] = "json"
    web = house.start_web()
    admitter, worker = house.start("admitter"), house.start("worker")
    house.offer(code, total=5)
    enter_all(house, code, ["alice"])
    eventually(lambda: states(house, code, ["alice"]) == ["issued"])

    codes = [house.stop(process) for process in (web, admitter, worker)]

    assert codes == [0, 0, 0]
    written = house.log.read_text().splitlines()
    lines = [json.loads(line) for line in written if line.startswith("{")]
    logged = {(line["process"], line["event"]) for line in lines}
    began = {("web", "serving"), ("admitter", "admitting"), ("worker", "working")}
    assert logged >= began | {(process, "stopped") for process, _ in began}


def test_a_room_that_redis_lost_comes_back_from_postgres(house, redis_url, code):
    import redis

    house.start_web()
    house.start("admitter")
    house.offer(code, total=5)
    with redis.Redis.from_url(redis_url) as client:
        client.delete(f"waitroom:{{{code}}}:room")

    def enters() -> bool:
        return house.member("POST", f"/api/rooms/{code}/enter", "alice")[0] == 202

    assert not enters()
    eventually(enters)


def test_a_monitor_may_ask_by_head(house):
    house.start_web()
    request = urllib.request.Request(house.base_url + "/healthz", method="HEAD")

    with urllib.request.urlopen(request, timeout=60) as answer:
        status, body = answer.status, answer.read()

    assert (status, body) == (200, b"")


def test_a_shops_audience_and_clock_are_as_the_settings_say(house):
    house.environ |= {"MEMBER_TOKEN_AUDIENCE": "https://line.example.com", "CLOCK_LEEWAY_S": "30"}
    house.start_web()
    secret, now_s = house.environ["MEMBER_TOKEN_SECRETS"], int(time.time())
    plain = house.identity.sign("alice")
    late = {"sub": "alice", "exp": now_s + 60, "aud": ["https://line.example.com"]}

    def answer(token: str) -> tuple[int, object]:
        return house.call("GET", "/api/me/coupons", token=token)

    assert answer(house.command("token", "alice").strip())[0] == 200
    assert answer(jwt.encode(late | {"iat": now_s + 25}, secret))[0] == 200
    for token, claim in ((plain, "aud"), (jwt.encode(late | {"iat": now_s + 90}, secret), "iat")):
        status, problem = answer(token)
        assert (status, problem["type"]) == (401, "bad_token")
        assert claim in problem["detail"]
