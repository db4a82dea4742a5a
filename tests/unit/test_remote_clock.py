"""Another machine's clock is told from readings, whatever this host's says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.stores.remote_clock import KEEP_S, RemoteClock

NOON_S = 1_795_000_000.0


class Host:
    """A host whose clock is `ahead_s` of the true one, which it asks in `took_s`."""

    def __init__(self, ahead_s: float = 0.0) -> None:
        self.ahead_s = ahead_s
        self.passed_s = 0.0
        self.clock = RemoteClock(
            host=lambda: NOON_S + self.passed_s + self.ahead_s, monotonic=lambda: 50 + self.passed_s
        )

    @property
    def true_s(self) -> float:
        return NOON_S + self.passed_s

    def measure(self, took_s: float = 0.0, *, answered_at: float = 0.5, off_s: float = 0.0) -> None:
        asked_at_s = self.clock.monotonic()
        read_s = self.true_s + took_s * answered_at + off_s
        self.passed_s += took_s
        self.clock.observe(read_s, asked_at_s)


def test_until_it_was_measured_this_hosts_clock_stands_in():
    host = Host(ahead_s=7)

    assert (host.clock.now_s(), host.clock.skew_s()) == (NOON_S + 7, None)
    assert host.clock.certain_skew_s() == 0
    assert not host.clock.is_measured


@pytest.mark.parametrize("ahead_s", [-300, -5, -1, -0.1, 0, 0.1, 1, 5, 300])
def test_it_tells_the_time_whatever_this_hosts_clock_says(ahead_s):
    host = Host(ahead_s)

    host.measure()
    host.passed_s += 9

    assert host.clock.now_s() == pytest.approx(host.true_s, abs=1e-5)
    assert host.clock.now().timestamp() == pytest.approx(host.true_s, abs=1e-5)
    assert host.clock.skew_s() == pytest.approx(ahead_s, abs=1e-5)


def test_a_host_whose_clock_is_set_meanwhile_goes_on_telling_the_time():
    host = Host()
    host.measure()

    host.ahead_s = -3_600

    assert host.clock.now_s() == pytest.approx(host.true_s, abs=1e-5)
    assert host.clock.skew_s() == pytest.approx(-3_600, abs=1e-5)


@given(
    st.floats(-400, 400),
    st.lists(st.tuples(st.floats(0, 3), st.floats(0, 1), st.floats(0, 30)), min_size=1, max_size=8),
)
def test_it_is_never_further_off_than_half_of_what_the_last_reading_took(ahead_s, readings):
    host = Host(ahead_s)

    for took_s, answered_at, then_s in readings:
        host.measure(took_s, answered_at=answered_at)
        host.passed_s += then_s

    assert abs(host.clock.now_s() - host.true_s) <= readings[-1][0] / 2 + 0.02
    assert host.clock.certain_skew_s() <= abs(ahead_s) + 0.02


def test_a_slow_reading_leaves_what_a_quick_one_said():
    host = Host()
    host.measure(0.001)

    host.measure(4.0, answered_at=0.0)

    assert host.clock.now_s() == pytest.approx(host.true_s, abs=0.001)


def test_a_slow_reading_counts_once_the_quick_one_is_old():
    host = Host()
    host.measure(0.001)

    host.passed_s += KEEP_S
    host.measure(0.5, answered_at=1.0)

    assert host.clock.now_s() == pytest.approx(host.true_s + 0.25, abs=0.001)


def test_a_clock_that_was_set_is_followed_at_once():
    host = Host()
    host.measure(0.001)

    host.measure(0.5, off_s=-120)

    assert host.clock.now_s() == pytest.approx(host.true_s - 120, abs=0.3)


def test_a_busy_machine_is_no_proof_of_a_wrong_clock():
    host = Host()

    host.measure(3.0, answered_at=0.0)

    assert abs(host.clock.skew_s()) == pytest.approx(1.5, abs=1e-5)
    assert host.clock.certain_skew_s() == pytest.approx(0, abs=1e-5)
