"""Branding: the name, colour, message and logo of a room's pages."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, fields
from typing import Literal
from urllib.parse import parse_qsl, quote, urlsplit, urlunsplit

from domain.invalid_value import InvalidValue, check_no_control_characters

NAME_LENGTH_MAX = 60
MESSAGE_LENGTH_MAX = 300
RETURN_URL_LENGTH_MAX = 500
# The query parameter that brings a short code to the shop.
COUPON_PARAMETER = "coupon"
LOGO_BYTES_MAX = 16_384
_COLOUR = re.compile(r"#[0-9a-f]{6}")

LogoType = Literal["image/png", "image/jpeg", "image/webp"]
# The first bytes of each type. No SVG: a browser that opens one as a page runs its scripts.
_BEGINNINGS: tuple[tuple[LogoType, re.Pattern[bytes]], ...] = (
    ("image/png", re.compile(rb"\x89PNG\r\n\x1a\n")),
    ("image/jpeg", re.compile(rb"\xff\xd8\xff")),
    ("image/webp", re.compile(rb"RIFF....WEBP", re.DOTALL)),
)


@dataclass(frozen=True, slots=True)
class Logo:
    """A small image. Raises InvalidValue if it is too large or neither PNG, JPEG nor WebP."""

    picture: bytes

    def __post_init__(self) -> None:
        if not 1 <= len(self.picture) <= LOGO_BYTES_MAX:
            raise InvalidValue(
                "logo", "picture_size", least=1, most=LOGO_BYTES_MAX, got=len(self.picture)
            )
        if self._type is None:
            raise InvalidValue("logo", "picture_type")

    @property
    def _type(self) -> LogoType | None:
        return next((kind for kind, begins in _BEGINNINGS if begins.match(self.picture)), None)

    @property
    def type(self) -> LogoType:
        assert self._type is not None, "checked in __post_init__"
        return self._type

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.picture).hexdigest()


@dataclass(frozen=True, slots=True)
class Branding:
    """What a room's pages show: `name` replaces the site's name, `colour` is `#rrggbb`, `message`
    goes to every waiting member. An empty value keeps the site's default. return_url: the shop's
    page where an issued coupon is used. logo_sha256 identifies the logo, which is stored apart.

    Raises InvalidValue.
    """

    name: str = ""
    colour: str = ""
    message: str = ""
    return_url: str = ""
    logo_sha256: str = ""

    def __post_init__(self) -> None:
        for field, text, most in (
            ("name", self.name, NAME_LENGTH_MAX),
            ("message", self.message, MESSAGE_LENGTH_MAX),
            ("return_url", self.return_url, RETURN_URL_LENGTH_MAX),
        ):
            if len(text) > most:
                raise InvalidValue(field, "length_at_most", most=most, got=len(text))
            check_no_control_characters(field, text)
        if self.colour and not _COLOUR.fullmatch(self.colour):
            raise InvalidValue("colour", "colour", got=self.colour[:20])
        if self.return_url and not _is_address(self.return_url):
            raise InvalidValue("return_url", "address", got=self.return_url[:80])

    def address_to_use(self, short_code: str | None) -> str:
        """The shop's page with the coupon's short code; "" without a return_url."""
        if not self.return_url or not short_code:
            return ""
        url = urlsplit(self.return_url)
        own = f"{COUPON_PARAMETER}={quote(short_code)}"
        return urlunsplit(url._replace(query=f"{url.query}&{own}" if url.query else own))


def _is_address(text: str) -> bool:
    """Whether a link to it leaves this site for one host, and carries no code of ours yet."""
    if any(letter in text for letter in ' \\"<>'):
        return False  # browsers read these in other ways
    try:
        url = urlsplit(text)
        is_there = bool(url.hostname) and (url.port is None or url.port > 0)
    except ValueError:
        return False
    taken = COUPON_PARAMETER in dict(parse_qsl(url.query, keep_blank_values=True))
    return url.scheme in ("http", "https") and is_there and "@" not in url.netloc and not taken


PLAIN = Branding()
# The fields that an admin types.
BRANDING_TEXTS = tuple(one.name for one in fields(Branding) if one.name != "logo_sha256")
