"""PreviewLinks: signed addresses that show a room's pages to somebody without an account."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple
from uuid import UUID

from itsdangerous import BadData

from domain.coupon import is_code
from web.auth.timed_serializer import TimedSerializer

SALT = "waitroom.preview"
AGE_MAX_S = 7 * 24 * 3600
LENGTH_MAX = 512


class PreviewedRoom(NamedTuple):
    """The room of a link. Its id, too: another room may get its code later."""

    code: str
    id: UUID


class PreviewLinks:
    """Signs with the first of `secrets`, and accepts those of all. now: seconds since 1970."""

    def __init__(self, secrets: Sequence[str], *, now: Callable[[], float]) -> None:
        self._signed = TimedSerializer(secrets, salt=SALT, now=now)

    def sign(self, code: str, room_id: UUID) -> str:
        """The part of the address that names the room."""
        return self._signed.dumps([code, room_id.hex])

    def verify(self, text: str) -> PreviewedRoom | None:
        """The room, or None where the link is forged or too old."""
        if len(text) > LENGTH_MAX:
            return None
        try:
            (code, room_id), _ = self._signed.loads(text, age_max_s=AGE_MAX_S)
            found = PreviewedRoom(code, UUID(hex=room_id))
        except (BadData, TypeError, ValueError, AttributeError):
            return None
        return found if is_code(code) else None
