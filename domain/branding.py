"""Branding: the name, colour, message and logo of a room's pages."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from domain.invalid_value import InvalidValue

NAME_LENGTH_MAX = 60
MESSAGE_LENGTH_MAX = 300
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
    goes to every waiting member. An empty value keeps the site's default. logo_sha256 identifies
    the logo, which is stored apart.

    Raises InvalidValue.
    """

    name: str = ""
    colour: str = ""
    message: str = ""
    logo_sha256: str = ""

    def __post_init__(self) -> None:
        for field, text, most in (
            ("name", self.name, NAME_LENGTH_MAX),
            ("message", self.message, MESSAGE_LENGTH_MAX),
        ):
            if len(text) > most:
                raise InvalidValue(field, "length_at_most", most=most, got=len(text))
            if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in text):
                raise InvalidValue(field, "no_control_characters")
        if self.colour and not _COLOUR.fullmatch(self.colour):
            raise InvalidValue("colour", "colour", got=self.colour[:20])


PLAIN = Branding()
