"""One id leads through the logs: from who entered to the coupon, and to nobody's name."""

import json
import urllib.request
from typing import Any

from redis import Redis

from tests.house import House, eventually

ORDER = [("web", "request"), ("admitter", "enqueued"), ("worker", "issued")]
MEMBERS = [f"somebody-{n}@example.com" for n in range(5)]


def lines_of(house: House) -> list[dict[str, Any]]:
    return [json.loads(line) for line in house.log.read_text().splitlines()]


def lines_with(house: House, request_id: str) -> list[dict[str, Any]]:
    """What `grep` finds."""
    found = [line for line in house.log.read_text().splitlines() if request_id in line]
    return [json.loads(line) for line in found]


def enter(house: House, code: str, member: str, **headers: str) -> str:
    """Enters; what the answer says that the request is called."""
    request = urllib.request.Request(f"{house.base_url}/api/rooms/{code}/enter", method="POST")
    request.add_header("Authorization", f"Bearer {house.identity.sign(member)}")
    for name, value in headers.items():
        request.add_header(name.replace("_", "-"), value)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.headers["X-Request-Id"]


def is_issued(house: House, code: str, member: str) -> bool:
    return house.member("GET", f"/api/rooms/{code}/place", member)[1]["state"] == "issued"


def test_one_id_leads_from_entering_to_the_coupon_and_names_nobody(house, redis_url, code):
    house.environ |= {"LOG_REQUESTS": "1", "LOG_FORMAT": "json", "BATCH_MAX": "2"}
    house.start_web()
    house.start("admitter")
    house.start("worker")
    house.offer(code, total=len(MEMBERS))
    asked = enter(house, code, MEMBERS[0], X_Request_Id="the-shop-calls-it-so")
    others = [enter(house, code, member) for member in MEMBERS[1:]]
    again = enter(house, code, MEMBERS[0])
    eventually(lambda: all(is_issued(house, code, member) for member in MEMBERS))
    house.member("POST", f"/api/rooms/{code}/enter", MEMBERS[0])
    house.member("POST", f"/api/rooms/{code}/enter", "too-late@example.com")

    assert asked == "the-shop-calls-it-so"
    assert len({asked, again, *others}) == 6
    for request_id in (asked, others[0]):
        eventually(lambda one=request_id: len(lines_with(house, one)) >= 3)
        found = {(one["process"], one["event"]): one for one in lines_with(house, request_id)}
        assert found.keys() == {("web", "request"), ("admitter", "enqueued"), ("worker", "issued")}
        entered, fed, issued = (found[key] for key in sorted(found, key=ORDER.index))
        assert (entered["route"], entered["status"]) == ("/api/rooms/{code}/enter", 202)
        assert {one["room"] for one in (entered, fed, issued)} == {code}
        assert fed["batch"] == issued["batch"]
        assert request_id in fed["request_ids"]
        assert fed["request_ids"] == issued["request_ids"]
        assert fed["members"] == len(fed["request_ids"]) <= 2
        assert issued["issued"] + issued["refused"] == fed["members"]
    assert all("event" in line and "timestamp" in line for line in lines_of(house))
    log = house.log.read_text()
    assert not [member for member in MEMBERS if member in log]
    assert "too-late" not in log
    house.keeps_its_secrets()
    with Redis.from_url(redis_url) as redis:
        # Who has an outcome, or was refused at entry, is followed no longer.
        eventually(lambda: not redis.exists(f"waitroom:{{{code}}}:origins"))
