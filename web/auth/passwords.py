"""Passwords: hashes them with Argon2id, a few at a time, as each takes a core and 64 MiB."""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property

from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type

AT_ONCE_MAX = 2
WAITING_MAX = 20
NICE = 19


class TooManyAtOnce(Exception):
    """More people are signing in at once than can be answered. Try again in a moment."""


class Passwords:
    """Hashes and verifies. The defaults are those of argon2-cffi, RFC 9106's second choice."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._threads = ThreadPoolExecutor(
            AT_ONCE_MAX, thread_name_prefix="passwords", initializer=_give_way
        )
        self._waiting = 0

    def hashed(self, password: str) -> str:
        return self._hasher.hash(password)

    async def fits(self, password: str, password_hash: str) -> bool:
        """Whether the password matches; without a hash False, after the same time.

        Raises TooManyAtOnce.
        """
        if self._waiting >= WAITING_MAX:
            raise TooManyAtOnce
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            fits = await loop.run_in_executor(self._threads, self._verify, password_hash, password)
        finally:
            self._waiting -= 1
        return fits and bool(password_hash)

    def _verify(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash or self._nobodys, password)
        except (VerificationError, InvalidHashError):
            return False

    @cached_property
    def _nobodys(self) -> str:
        """A hash for unknown names, so that they take as long as known ones."""
        return self.hashed(secrets.token_urlsafe())


def _give_way() -> None:
    """Lower this thread's priority: each hash starts four threads, which would delay the event
    loops of a small machine. Only on Linux, as elsewhere niceness applies to the whole process.
    """
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)


def is_password_hash(text: str) -> bool:
    """Whether the text is a valid Argon2id hash."""
    try:
        return extract_parameters(text).type is Type.ID
    except InvalidHashError:
        return False
