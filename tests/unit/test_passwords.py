"""Passwords are dear to guess, and verifying them is bounded."""

import asyncio
import os
import threading

import pytest
from argon2 import extract_parameters
from argon2.low_level import Type

from tests.needs import needs
from web.auth.passwords import AT_ONCE_MAX, WAITING_MAX, Passwords, TooManyAtOnce


class HasherThatWaits:
    """In place of argon2-cffi's: verifies only once `goes_on` is set, and counts."""

    def __init__(self) -> None:
        self.goes_on = threading.Event()
        self.most_at_once = 0
        self._at_once = 0
        self._lock = threading.Lock()

    def hash(self, password: str) -> str:
        return password

    def verify(self, password_hash: str, password: str) -> bool:
        with self._lock:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        self.goes_on.wait(timeout=60)
        with self._lock:
            self._at_once -= 1
        return True


def test_a_password_is_hashed_with_argon2id_and_64_mib():
    parameters = extract_parameters(Passwords().hashed("correct horse"))

    assert parameters.type is Type.ID
    assert parameters.memory_cost >= 65_536


async def test_two_passwords_are_verified_at_once_and_no_more():
    hasher = HasherThatWaits()
    passwords = Passwords(hasher)
    asked = [asyncio.create_task(passwords.fits("x", "hash")) for _ in range(WAITING_MAX)]

    async with asyncio.timeout(30):
        while hasher.most_at_once < AT_ONCE_MAX:  # noqa: ASYNC110 - there is no event for it
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.1)
    hasher.goes_on.set()

    assert all(await asyncio.gather(*asked))
    assert hasher.most_at_once == AT_ONCE_MAX


async def test_more_than_can_wait_are_turned_away_at_once():
    hasher = HasherThatWaits()
    passwords = Passwords(hasher)
    asked = [asyncio.create_task(passwords.fits("x", "hash")) for _ in range(WAITING_MAX)]
    await asyncio.sleep(0)

    with pytest.raises(TooManyAtOnce):
        async with asyncio.timeout(5):
            await passwords.fits("x", "hash")

    hasher.goes_on.set()
    await asyncio.gather(*asked)


@needs("linux")
async def test_verifying_gives_way_to_all_other_threads():
    class Hasher(HasherThatWaits):
        def verify(self, password_hash: str, password: str) -> bool:
            self.nice = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
            return True

    hasher, before = Hasher(), os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    assert await Passwords(hasher).fits("correct horse", "a hash")

    assert hasher.nice == 19
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == before
