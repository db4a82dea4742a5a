"""What several settings have in common: secrets, URLs and their checks."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import (
    BeforeValidator,
)

SECRET_BYTES_MIN = 32
HOW_TO_MAKE_ONE = "make one with `python3 -c 'import secrets; print(secrets.token_urlsafe(32))'`"


def split_list(text: object) -> object:
    return tuple(part.strip() for part in text.split(",")) if isinstance(text, str) else text


Secrets = Annotated[tuple[str, ...], BeforeValidator(split_list)]


def check_url(url: str) -> SplitResult:
    """The URL's parts. Raises ValueError, which repeats none of them: one is a password."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        parts = None
    if parts is None or parts.fragment or (parts.query and "@" in parts.query):
        raise ValueError(
            "can't be read; in a user's name or password write / ? # @ : [ ] % as "
            "%2F %3F %23 %40 %3A %5B %5D %25"
        )
    return parts
