"""Registry: what each kind of room leads to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol, TypeVar

from domain.room import ROOM_KINDS, RoomKind


class HasKind(Protocol):
    @property
    def kind(self) -> RoomKind: ...


T = TypeVar("T", bound=HasKind)


def by_kind(given: Iterable[T]) -> Mapping[RoomKind, T]:
    """Map each kind of room to the one of its kind.

    Raises ValueError if a kind has none or several: its rooms would admit nobody, or twice as fast.
    """
    found = list(given)
    if sorted(one.kind for one in found) != sorted(ROOM_KINDS):
        kinds = ", ".join(one.kind for one in found) or "none"
        raise ValueError(
            f"Each of {', '.join(ROOM_KINDS)} needs one destination; there are: {kinds}"
        )
    return {one.kind: one for one in found}
