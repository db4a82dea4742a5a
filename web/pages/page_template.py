"""FilledPage: a page that is rendered once with marks in place of what changes, and then filled.

Rendering takes a millisecond, filling some microseconds. A compressed page is filled, too: its long
fixed parts are compressed ahead, and the rest is put between them as stored blocks (RFC 1951,
3.2.4).
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable, Mapping
from typing import NamedTuple

from markupsafe import escape

from web.middleware.compression import COMPRESSED_MIN

# Marks of private-use characters, which no text has and which escaping keeps.
_MARK = re.compile("\ue000([a-z_]+)\ue001")
_SPECIAL = re.compile("[&<>\"']")
# Shorter fixed parts are not worth a block of their own.
_BLOCK_MIN = 200
_STORED_MAX = 65_535
# No time, no name, unknown system (RFC 1952); then an empty last block.
_GZIP_HEADER, _LAST_BLOCK = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff", b"\x03\x00"

Render = Callable[[Mapping[str, str]], str]


class _Part(NamedTuple):
    """A frame with the names that fill it, and the fixed part that follows."""

    frame: str
    names: tuple[str, ...]
    fixed: bytes
    deflated: bytes


# What changes, before the fixed part of each.
_Filled = list[tuple[bytes, _Part]]


class EncodedPage(NamedTuple):
    """A page's body. size: in bytes, uncompressed."""

    body: bytes
    size: int
    is_gzip: bool


class FilledPage:
    """One page's fixed parts. The texts that fill it are escaped here, and only here."""

    def __init__(self, html: str) -> None:
        self._parts = _split_page(html)

    def html(self, texts: Mapping[str, str]) -> bytes:
        return _joined(self._filled(texts))

    def encode(self, texts: Mapping[str, str], *, takes_gzip: bool) -> EncodedPage:
        """The page as the framework would send it: compressed if it is long enough."""
        filled = self._filled(texts)
        size = sum(len(changing) + len(part.fixed) for changing, part in filled)
        if takes_gzip and size >= COMPRESSED_MIN:
            return EncodedPage(_compressed(filled, size), size, is_gzip=True)
        return EncodedPage(_joined(filled), size, is_gzip=False)

    def _filled(self, texts: Mapping[str, str]) -> _Filled:
        # The search takes a tenth of the time of escaping, which is rarely needed.
        if _SPECIAL.search("".join(texts.values())):
            texts = {name: str(escape(text)) for name, text in texts.items()}
        return [
            ((part.frame % tuple(texts[name] for name in part.names)).encode(), part)
            for part in self._parts
        ]


def prepare(render: Render, probes: Mapping[str, str]) -> FilledPage | None:
    """The page of `render`, which gets a text by name; None where it can't be filled.

    The page is rendered with marks, so nothing personal is in its fixed parts. Then it is compared
    with a page of the texts in `probes`: a shop's template may compute with a text.
    """
    try:
        page = FilledPage(render({name: f"\ue000{name}\ue001" for name in probes}))
        is_same = page.html(probes) == render(probes).encode()
    except Exception:  # a shop's template may raise anything
        return None
    return page if is_same else None


def _split_page(html: str) -> tuple[_Part, ...]:
    pieces = _MARK.split(html)
    parts: list[_Part] = []
    frame = ""
    names: list[str] = []
    for number, piece in enumerate(pieces):
        if number % 2:
            frame, names = frame + "%s", [*names, piece]
        elif len(piece) >= _BLOCK_MIN:
            parts.append(_Part(frame, tuple(names), piece.encode(), _deflated(piece.encode())))
            frame, names = "", []
        else:
            frame += piece.replace("%", "%%")
    return (*parts, _Part(frame, tuple(names), b"", b""))


def _joined(filled: _Filled) -> bytes:
    return b"".join(piece for changing, part in filled for piece in (changing, part.fixed))


def _compressed(filled: _Filled, size: int) -> bytes:
    """One gzip member (RFC 1952)."""
    out, crc = [_GZIP_HEADER], 0
    for changing, part in filled:
        crc = zlib.crc32(part.fixed, zlib.crc32(changing, crc))
        for start in range(0, len(changing), _STORED_MAX):
            block = changing[start : start + _STORED_MAX]
            out += struct.pack("<BHH", 0, len(block), len(block) ^ 0xFFFF), block
        out.append(part.deflated)
    return b"".join((*out, _LAST_BLOCK, struct.pack("<II", crc, size & 0xFFFFFFFF)))


def _deflated(piece: bytes) -> bytes:
    compressor = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return compressor.compress(piece) + compressor.flush(zlib.Z_FULL_FLUSH)
