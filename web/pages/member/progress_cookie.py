"""Progress cookie: how many members were ahead at first, for the progress bar.

Unsigned, as it changes only its owner's progress bar.
"""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import Response

from web.auth import cookies
from web.schemas.public import PlaceOut

DIGITS_MAX = 8


def read_progress_cookie(found: Mapping[str, str], code: str) -> int | None:
    """How many were ahead at the browser's first place; None without a valid cookie."""
    text = cookies.kept(found, _name(code)) or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX else None


def set_progress_cookie(
    response: Response, place: PlaceOut, found: Mapping[str, str], *, secure: bool, age_max_s: int
) -> None:
    """Store the number ahead at first, or a larger one later; delete it in a final state."""
    if place.state not in ("waiting", "admitted"):
        delete_progress_cookie(response, place.room, found, secure=secure)
    elif (
        ahead := progress_to_keep(place.ahead, read_progress_cookie(found, place.room))
    ) is not None:
        cookies.set_cookie(
            response,
            _name(place.room),
            str(ahead),
            secure=secure,
            age_max_s=age_max_s,
            path=f"/rooms/{place.room}",
            found=found,
        )


def progress_to_keep(ahead: int | None, known: int | None) -> int | None:
    """The cookie's new number; None where the known one stays, or there is none to keep.

    ahead: as the place has it.
    """
    return ahead if ahead is not None and (known is None or ahead > known) else None


def raw_progress_cookie(code: str, ahead: int, *, secure: bool, age_max_s: int) -> bytes:
    """The header's value that sets the cookie."""
    path = f"/rooms/{code}"
    return cookies.raw_cookie(
        _name(code), str(ahead), secure=secure, age_max_s=age_max_s, path=path
    )


def delete_progress_cookie(
    response: Response, code: str, found: Mapping[str, str], *, secure: bool
) -> None:
    if cookies.kept(found, _name(code)) is not None:
        cookies.delete_cookie(response, _name(code), secure=secure, path=f"/rooms/{code}")


def _name(code: str) -> str:
    return f"from-{code}"
