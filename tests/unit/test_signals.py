"""A signal is noted wherever Python happens to be, raises nothing, and wakes whoever waits."""

import os
import signal
import time
import weakref
from threading import Timer

import pytest

from processes.signals import Ended, Signals


@pytest.fixture
def signals():
    """Handlers of this test alone."""
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    yield Signals(*numbers)
    for number, handler in before.items():
        signal.signal(number, handler)


class Anything:
    """Something that a weak reference can be made to."""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_one_that_comes_in_a_weakrefs_callback_is_not_lost(signals, number):
    """Where an exception is written to stderr and forgotten."""
    kept = Anything()
    reference = weakref.ref(kept, lambda _: os.kill(os.getpid(), number))

    del kept

    assert reference() is None
    with pytest.raises(Ended):
        signals.raise_if_ended()


def test_whoever_waits_is_woken(signals):
    timer = Timer(0.1, os.kill, (os.getpid(), signal.SIGTERM))
    timer.start()
    began = time.monotonic()

    signals.wait(30)

    timer.join()
    assert time.monotonic() - began < 20
    assert signals.came(signal.SIGTERM)


def test_one_that_is_no_end_ends_nothing_and_can_be_forgotten(signals):
    os.kill(os.getpid(), signal.SIGHUP)

    signals.raise_if_ended()
    assert signals.came(signal.SIGHUP)
    signals.forget(signal.SIGHUP)
    assert not signals.came(signal.SIGHUP)


def test_ten_thousand_of_them_block_nobody(signals):
    for _ in range(100_000):
        signals._note(signal.SIGTERM, None)

    signals.wait(0)
    assert signals.came(signal.SIGTERM)
