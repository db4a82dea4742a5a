"""One wrong clock of three decides nothing, whichever it is."""

import pytest

from domain.stores.median_clock import COMPARE_EVERY_S, MedianClock
from domain.stores.remote_clock import RemoteClock

NOON_S = 1_795_000_000.0
OFF_BY_S = [-300, -10, -1, 1, 10, 300]


class Host:
    """A host with a clock that is off, and two stores, whose clocks may be off too."""

    def __init__(self, off_by_s: float = 0.0) -> None:
        self.off_by_s = off_by_s
        self.passed_s = 0.0
        self.redis, self.postgres = (
            RemoteClock(host=self.read, monotonic=self.monotonic) for _ in range(2)
        )
        self.clock = MedianClock(
            [self.redis, self.postgres], host=self.read, monotonic=self.monotonic
        )

    def read(self) -> float:
        return self.true_s + self.off_by_s

    def monotonic(self) -> float:
        return 50 + self.passed_s

    @property
    def true_s(self) -> float:
        return NOON_S + self.passed_s

    def measure(self, *stores: RemoteClock, off_by_s: float = 0.0) -> None:
        for store in stores or (self.redis, self.postgres):
            store.observe(self.true_s + off_by_s, self.monotonic())

    @property
    def is_right(self) -> bool:
        return abs(self.clock.now_s() - self.true_s) < 0.001


@pytest.mark.parametrize("off_by_s", OFF_BY_S)
def test_a_wrong_host_reads_the_time_of_the_stores(off_by_s):
    host = Host(off_by_s)

    host.measure()
    assert host.is_right

    host.passed_s += 9
    assert host.is_right


@pytest.mark.parametrize("off_by_s", OFF_BY_S)
@pytest.mark.parametrize("store", ["redis", "postgres"])
def test_a_store_whose_clock_is_set_changes_nothing(store, off_by_s):
    host = Host(off_by_s=0.0)
    host.measure()
    assert host.is_right

    host.measure(getattr(host, store), off_by_s=off_by_s)
    host.passed_s += COMPARE_EVERY_S

    assert host.is_right


@pytest.mark.parametrize("store", ["redis", "postgres"])
def test_the_only_store_that_was_measured_is_believed(store):
    host = Host(off_by_s=300)
    host.clock.now_s()

    host.measure(getattr(host, store))

    assert host.is_right


def test_a_store_counts_as_soon_as_it_is_measured():
    host = Host(off_by_s=-300)
    assert host.clock.now_s() == host.read()

    host.measure(host.redis, off_by_s=10)
    assert host.clock.now_s() == pytest.approx(host.true_s + 10)

    host.measure(host.postgres)
    assert host.is_right


def test_a_host_whose_clock_is_set_meanwhile_goes_on_telling_the_time():
    host = Host()
    host.measure()

    host.off_by_s = -3_600
    host.passed_s += COMPARE_EVERY_S

    assert host.is_right
