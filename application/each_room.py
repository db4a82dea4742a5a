"""EachRoom: runs work for all rooms, and continues where one room fails."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TypeVar

from issuance.errors import OfficeError, OfficeRefused
from waitroom.errors import LineError

R = TypeVar("R")


class EachRoom:
    """Runs work for all rooms, and continues where one room fails."""

    def __init__(self) -> None:
        self._first: Exception | None = None

    async def attempt(self, code: str, work: Awaitable[R]) -> R | None:
        """The work's result, None where it failed. Raises where a store is unreachable."""
        try:
            return await work
        except Exception as error:
            if is_unavailable(error):
                raise
            error.add_note(f"room {code}")
            self._first = self._first or error
            return None

    def raise_first(self) -> None:
        """Raise the first failure, once all rooms are done."""
        if self._first is not None:
            raise self._first


def is_unavailable(error: Exception) -> bool:
    return isinstance(error, (LineError, OfficeError)) and not isinstance(error, OfficeRefused)
