"""Texts that a spreadsheet must not convert, nor take for a formula."""

from __future__ import annotations

import re
from datetime import datetime

# Formulas, numbers (a spreadsheet drops the zeros of 0012), dates, times and booleans.
_MONTH = (
    "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    "|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_NOT_TEXT = re.compile(
    rf"[=+\-@\t\r\n].*|[\d.,:/%$()\-]+(?:e[+\-]?\d+)?|true|false"
    rf"|\d{{1,4}}[-./]?{_MONTH}|(?:\d{{1,2}}[-./]?)?{_MONTH}[-./]?\d{{1,4}}",
    re.IGNORECASE | re.DOTALL,
)


def as_text(text: str) -> str:
    """The text, with a leading apostrophe where a spreadsheet would convert it."""
    return f"'{text}" if _NOT_TEXT.fullmatch(text) else text


def as_time(at: object) -> str:
    """RFC 3339; the connection's time zone is UTC. Empty for None."""
    return at.isoformat().replace("+00:00", "Z") if isinstance(at, datetime) else ""
