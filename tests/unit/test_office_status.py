"""The board's figures of processes and Redis: those that can be had, and no others."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import SimpleNamespace

import pytest

from tests.unit.board_template_cast import some_figures
from tests.unit.place_template_cast import EN
from waitroom.redis_io.probe import RedisMemory
from web.middleware.access_log import Call, CallTotals, Total
from web.office_status import RATE_OVER_MAX_S, OfficeStatus, OfficeStatusReader, RequestRate
from web.pages.admin.gauges import UNKNOWN, Gauge, small_gauges


@dataclass
class Counters:
    """As the processes of a web command count."""

    statuses: dict[str, int] = field(default_factory=dict)

    def total(self) -> Total:
        return Total([CallTotals(Call("GET", "/"), dict(self.statuses), [], 0.0)], 7, 1)


@pytest.fixture
def rate():
    """Reads the rate of requests after `statuses`, `after_s` later than the last time."""
    counters, clock = Counters(), SimpleNamespace(now_s=100.0)
    reader = OfficeStatusReader(
        SimpleNamespace(), SimpleNamespace(), counters, clock=lambda: clock.now_s
    )

    def read(after_s: float, **statuses: int) -> RequestRate | None:
        clock.now_s += after_s
        counters.statuses = {f"{name.removeprefix('s')}": n for name, n in statuses.items()}
        return reader.request_rate(counters.total())

    return read


def test_requests_per_second_are_counted_between_two_readings(rate):
    assert rate(0, s2xx=50) is None, "nothing to compare with"
    assert rate(2, s2xx=150, s4xx=6) == (53, 3)


def test_after_a_long_rest_the_mean_would_say_nothing_of_now(rate):
    rate(0, s2xx=50)

    assert rate(RATE_OVER_MAX_S + 1, s2xx=5_000) is None
    assert rate(1, s2xx=5_010) == (10, 0)


def gauges(**changes: object) -> dict[str, Gauge]:
    seen = replace(OfficeStatus(4, None), **changes)  # type: ignore[arg-type]
    return {one.key: one for one in small_gauges(some_figures(), seen, 7, EN)}


def test_what_cannot_be_had_is_a_dash_or_left_out():
    found = gauges()

    assert (found["redis_memory"].value, found["requests_per_s"].value) == (UNKNOWN, UNKNOWN)
    assert "processes" not in found


@pytest.mark.parametrize(
    ("memory", "value", "beside", "is_full"),
    [
        (RedisMemory(12_400_000, 64_000_000, "noeviction"), "12.4 MB", "of 64 MB", False),
        (RedisMemory(60_000_000, 64_000_000, "allkeys-lru"), "60 MB", "of 64 MB", True),
        (RedisMemory(60_000_000, 0, "noeviction"), "60 MB", "no limit", False),
    ],
)
def test_redis_memory_has_its_limit_and_its_policy(memory, value, beside, is_full):
    found = gauges(memory=memory)["redis_memory"]

    assert (found.value, found.beside, found.is_full) == (
        value,
        f"{beside} · {memory.policy}",
        is_full,
    )


def test_processes_are_counted_by_kind():
    found = gauges(running={"web": 2, "worker": 3})["processes"]

    assert (found.value, found.beside) == ("5", "web 2 · admitter 0 · worker 3")
