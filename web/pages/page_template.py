"""FilledPage: a page that is rendered once with marks in place of what changes, and then filled.

Rendering takes a millisecond, filling some microseconds. A compressed page is filled, too: its long
fixed parts are compressed ahead, and the rest is put between them as stored blocks (RFC 1951,
3.2.4).
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from struct import Struct
from typing import NamedTuple
from zlib import DEFLATED, MAX_WBITS, Z_FULL_FLUSH, compressobj, crc32

import structlog
from markupsafe import escape

from web.middleware.compression import COMPRESSED_MIN

# Marks of private-use characters, which no text has and which escaping keeps.
_MARK = re.compile("\ue000([a-z_]+)\ue001")
_PROBE = "A%s<b>&\"'{0}한"
# Shorter fixed parts are not worth a block of their own: each takes a microsecond.
_BLOCK_MIN = 400
_STORED_MAX = 65_535
# No time, no name, unknown system (RFC 1952); then an empty last block.
_GZIP_HEADER, _LAST_BLOCK = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff", b"\x03\x00"
# What compressing adds: header and trailer, and a header for each stored block.
_GZIP_BYTES, _BLOCK_BYTES = 20, 5
_stored_header = Struct("<BHH").pack
_gzip_trailer = Struct("<II").pack

log = structlog.get_logger(__name__)

# The flags of a place give fewer pages than this; each takes some kB.
PAGES_MAX = 500
Render = Callable[[Mapping[str, str]], str]
# A page's texts, in the order of the names that it was prepared with.
Texts = tuple[str, ...]


class _Part(NamedTuple):
    """What changes, as `_filler` makes it, and the fixed part that follows."""

    fill: Callable[[Texts], str]
    fixed_size: int
    deflated: bytes
    crc: int
    crc_tables: tuple[array[int], ...]


class EncodedPage(NamedTuple):
    """A page's body. size: in bytes, uncompressed."""

    body: bytes
    size: int
    is_gzip: bool


class FilledPage:
    """One page's fixed parts. The texts that fill it are escaped here, and only here."""

    def __init__(self, html: str, names: Sequence[str]) -> None:
        """html: with a mark in place of each text. names: of the texts, in their order."""
        pieces = _MARK.split(html)
        self._html = _filler(pieces, names)
        self._parts = _split_page(pieces, names)
        self._fixed_size = sum(part.fixed_size for part in self._parts)
        saved = self._fixed_size - sum(len(part.deflated) for part in self._parts)
        self._is_shorter = saved > _GZIP_BYTES + len(self._parts) * _BLOCK_BYTES

    def html(self, texts: Texts) -> str:
        return self._html(_escaped(texts))

    def encode(self, texts: Texts, *, takes_gzip: bool) -> EncodedPage:
        """The page as the framework would send it: compressed if it is long enough.

        A page whose fixed parts are too short to save bytes is not compressed.
        """
        texts = _escaped(texts)
        if takes_gzip and self._is_shorter and self._fixed_size >= COMPRESSED_MIN:
            return self._compress(texts)
        body = self._html(texts).encode()
        if takes_gzip and self._is_shorter and len(body) >= COMPRESSED_MIN:
            return self._compress(texts)
        return EncodedPage(body, len(body), is_gzip=False)

    def _compress(self, texts: Texts) -> EncodedPage:
        """One gzip member (RFC 1952). texts: escaped."""
        out, size, crc = [_GZIP_HEADER], self._fixed_size, 0
        for fill, _, deflated, fixed_crc, (first, second, third, fourth) in self._parts:
            changing = fill(texts).encode()
            length = len(changing)
            size += length
            crc = crc32(changing, crc)
            crc = (
                fixed_crc
                ^ first[crc & 255]
                ^ second[crc >> 8 & 255]
                ^ third[crc >> 16 & 255]
                ^ fourth[crc >> 24]
            )
            if length > _STORED_MAX:
                out += _deflated(changing), deflated
            else:
                out += _stored_header(0, length, length ^ 0xFFFF), changing, deflated
        out += _LAST_BLOCK, _gzip_trailer(crc, size & 0xFFFFFFFF)
        return EncodedPage(b"".join(out), size, is_gzip=True)


def prepare(render: Render, probes: Mapping[str, str]) -> FilledPage | None:
    """The page of `render`, which gets a text by name; None where it can't be filled.

    The page is rendered with marks, so nothing personal is in its fixed parts. Then it is compared
    with a page of the texts in `probes`: a shop's template may compute with a text. An empty text
    stays empty.
    """
    try:
        marks = {name: text and f"\ue000{name}\ue001" for name, text in probes.items()}
        page = FilledPage(render(marks), tuple(probes))
        is_same = page.html(tuple(probes.values())) == render(probes)
    except Exception:  # a shop's template may raise anything
        return None
    return page if is_same else None


def find_page(
    ready: dict[tuple[object, ...], FilledPage | None],
    key: tuple[object, ...],
    render: Render,
    names: Sequence[str],
    texts: Texts,
) -> FilledPage | None:
    """The page with this key, prepared at its first use; None where it can't be.

    ready: all pages of one room and language by what their fixed parts depend on.
    """
    if key in ready:
        return ready[key]
    if len(ready) >= PAGES_MAX:
        ready.clear()
    page = ready[key] = prepare(render, _probe_texts(names, texts))
    if page is None:
        log.info("page can't be prepared: its template computes with its texts", page=key[0])
    return page


def _probe_texts(names: Sequence[str], texts: Texts) -> dict[str, str]:
    """Texts by name that a template must print unchanged; empty where those given are."""
    return {name: text and name + _PROBE for name, text in zip(names, texts, strict=True)}


def _make_part(pieces: Sequence[str], names: Sequence[str], fixed: bytes = b"") -> _Part:
    """pieces: of the frame, literals alternating with names."""
    deflated = _deflated(fixed) if fixed else b""
    size = len(fixed)
    return _Part(_filler(pieces, names), size, deflated, crc32(fixed), _crc_tables(size))


def _filler(pieces: Sequence[str], names: Sequence[str]) -> Callable[[Texts], str]:
    """What puts texts between literals. pieces: literals alternating with the texts' names."""
    literals, indexes = list(pieces), [names.index(name) for name in pieces[1::2]]
    if not indexes:
        return lambda _: literals[0]
    if len(indexes) == 1:
        before, after, index = literals[0], literals[2], indexes[0]
        return lambda texts: f"{before}{texts[index]}{after}"
    pick = itemgetter(*indexes)

    def fill(texts: Texts) -> str:
        filled = literals.copy()
        filled[1::2] = pick(texts)
        return "".join(filled)

    return fill


def _split_page(pieces: Sequence[str], names: Sequence[str]) -> tuple[_Part, ...]:
    """Long literals become fixed parts, all other pieces the frames before them."""
    parts: list[_Part] = []
    frame = [""]
    for number, piece in enumerate(pieces):
        if number % 2:
            frame += piece, ""
        elif len(piece) >= _BLOCK_MIN:
            parts.append(_make_part(frame, names, piece.encode()))
            frame = [""]
        else:
            frame[-1] += piece
    if frame != [""]:
        parts.append(_make_part(frame, names))
    return tuple(parts)


def _escaped(texts: Texts) -> Texts:
    # The search takes a fraction of the time of escaping, which is rarely needed.
    text = "".join(texts)
    if "<" in text or ">" in text or "&" in text or '"' in text or "'" in text:
        return tuple(str(escape(text)) for text in texts)
    return texts


@lru_cache(maxsize=4_096)
def _crc_tables(length: int) -> tuple[array[int], ...]:
    """What `length` more bytes do to a CRC, for each byte of it.

    A CRC is linear: crc32(data, crc) is crc32(data) XOR what as many zeros make of `crc`, which is
    the XOR of what they make of its bits. So fixed data is read once, not for each page.
    """
    zeros = bytes(length)
    of_none = crc32(zeros)
    bits = [crc32(zeros, 1 << bit) ^ of_none for bit in range(32)]
    tables = []
    for first in range(0, 32, 8):
        table = [0]
        for bit in bits[first : first + 8]:
            table += [bit ^ other for other in table]
        tables.append(array("I", table))
    return tuple(tables)


def _deflated(piece: bytes) -> bytes:
    compressor = compressobj(9, DEFLATED, -MAX_WBITS)
    return compressor.compress(piece) + compressor.flush(Z_FULL_FLUSH)
