"""How many were ahead of a member when they came, kept in a small cookie of their room.

It only draws the way they have come; a forged one fools nobody but its owner.
"""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import Response

from web.auth import cookies
from web.schemas.public import PlaceOut

DIGITS_MAX = 8


def read_progress_cookie(found: Mapping[str, str], code: str) -> int | None:
    """How many were ahead when this browser first saw its place."""
    text = cookies.kept(found, _name(code)) or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX else None


def set_progress_cookie(
    response: Response, place: PlaceOut, found: Mapping[str, str], *, secure: bool, age_max_s: int
) -> None:
    """Remember where they started: anew where they stand further back than they ever did."""
    known = read_progress_cookie(found, place.room)
    if place.state not in ("waiting", "admitted"):
        delete_progress_cookie(response, place.room, found, secure=secure)
    elif place.ahead is not None and (known is None or place.ahead > known):
        cookies.set_cookie(
            response,
            _name(place.room),
            str(place.ahead),
            secure=secure,
            age_max_s=age_max_s,
            path=f"/rooms/{place.room}",
            found=found,
        )


def delete_progress_cookie(
    response: Response, code: str, found: Mapping[str, str], *, secure: bool
) -> None:
    if cookies.kept(found, _name(code)) is not None:
        cookies.delete_cookie(response, _name(code), secure=secure, path=f"/rooms/{code}")


def _name(code: str) -> str:
    return f"from-{code}"
