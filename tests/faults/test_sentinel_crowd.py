"""Three real Sentinels promote the replica while 5,000 members want 1,000 coupons."""

from __future__ import annotations

import json
import threading
import time
from itertools import pairwise

import pytest

from tests.house import eventually, open_house
from tests.redis_pair import redis_pair

DOWN_AFTER_S = 1.0
GAP_MAX_S = DOWN_AFTER_S + 2
MEMBERS, COUPONS = 5_000, 1_000
CODE = "pair"


class Prober(threading.Thread):
    """Enters with a new member again and again, and keeps the time of each success."""

    def __init__(self, house) -> None:
        super().__init__(daemon=True)
        self._house = house
        self._ends = threading.Event()
        self.entered_at: list[float] = []

    def run(self) -> None:
        number = 0
        while not self._ends.wait(0.02):
            number += 1
            status, _ = self._house.member("POST", "/api/rooms/probed/enter", f"probe-{number}")
            if status < 300:
                self.entered_at.append(time.monotonic())

    def stop(self) -> list[float]:
        """The times between two successes, in seconds."""
        self._ends.set()
        self.join()
        return [later - earlier for earlier, later in pairwise(self.entered_at)]


@pytest.mark.slow
def test_a_crowd_goes_on_when_the_primary_is_killed(database_url, tmp_path):
    with (
        redis_pair(sentinels=3, down_after_s=DOWN_AFTER_S) as pair,
        open_house(database_url, pair.url, tmp_path, WEB_DB_CONNECTIONS="4") as house,
    ):
        house.start_all(workers=2)
        house.offer(CODE, COUPONS, rate_per_s=100, burst=50, restore_s=5)
        house.offer("probed", 100_000, rate_per_s=1, restore_s=5)
        house.environ["BASE_URL"] = house.base_url
        prober = Prober(house)
        prober.start()
        crowd = house.start("crowd", CODE, "--members", str(MEMBERS), "--within", "5", "--json")
        eventually(lambda: house.admin("GET", f"/rooms/{CODE}")["issued"] > 0)

        killed_at = time.monotonic()
        pair.kill_primary()
        house.redis_url = pair.replica.url  # where the house deletes its keys at the end

        crowd.wait(240)
        gap_s = max(prober.stop())
        log = house.log.read_text()
        judged = json.loads(log[log.index('\n{\n  "') :])
    print(f"gap {gap_s:.2f} s; {judged}")
    assert prober.entered_at[-1] > killed_at + GAP_MAX_S
    assert DOWN_AFTER_S / 2 < gap_s <= GAP_MAX_S
    for name in ("failed", "over_issued", "twice", "overtaken", "told_without_row", "row_untold"):
        assert judged[name] == 0, name
    assert judged["rows"] == COUPONS
