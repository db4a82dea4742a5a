"""Started: how many were ahead of a member when they came, kept in a small cookie of their room.

It only draws the way they have come; a forged one fools nobody but its owner.
"""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import Response

from web.shapes import PlaceOut

DIGITS_MAX = 8


def started_ahead(cookies: Mapping[str, str], code: str) -> int | None:
    """How many were ahead when this browser first saw its place."""
    text = cookies.get(_name(code), "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX else None


def keep_started(
    response: Response, place: PlaceOut, cookies: Mapping[str, str], *, secure: bool, age_max_s: int
) -> None:
    """Remember where they started: anew where they stand further back than they ever did."""
    known = started_ahead(cookies, place.room)
    if place.state not in ("waiting", "admitted"):
        forget_started(response, place.room, cookies)
    elif place.ahead is not None and (known is None or place.ahead > known):
        response.set_cookie(
            _name(place.room),
            str(place.ahead),
            max_age=age_max_s,
            path=f"/rooms/{place.room}",
            secure=secure,
            httponly=True,
            samesite="lax",
        )


def forget_started(response: Response, code: str, cookies: Mapping[str, str]) -> None:
    if _name(code) in cookies:
        response.delete_cookie(_name(code), path=f"/rooms/{code}")


def _name(code: str) -> str:
    return f"from-{code}"
