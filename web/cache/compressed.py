"""CompressedBody: a body that is compressed once, off the event loop, and sent to many."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from fastapi import Request, Response

# Twice as fast as level 9, and 3 % larger.
LEVEL = 6


@dataclass(frozen=True, slots=True)
class CompressedBody:
    """body: gzip data."""

    body: bytes
    media_type: str

    @classmethod
    async def compress(cls, make: Callable[[], str | bytes], media_type: str) -> CompressedBody:
        """Run `make` and compress its result in a thread, so that other requests continue."""
        return cls(await asyncio.to_thread(_compressed, make), media_type)

    async def answer(self, request: Request, headers: Mapping[str, str]) -> Response:
        """The response; decompressed for a client that does not accept gzip."""
        headers = {**headers, "Vary": "Accept-Encoding"}
        if accepts_gzip(request.headers.get("accept-encoding", "")):
            headers["Content-Encoding"] = "gzip"
            return Response(self.body, 200, headers, self.media_type)
        body = await asyncio.to_thread(gzip.decompress, self.body)
        return Response(body, 200, headers, self.media_type)


def _compressed(make: Callable[[], str | bytes]) -> bytes:
    made = make()
    return gzip.compress(made.encode() if isinstance(made, str) else made, compresslevel=LEVEL)


def accepts_gzip(accept_encoding: str) -> bool:
    return accepts_encoding(accept_encoding, "gzip")


def accepts_encoding(accept_encoding: str, coding: str) -> bool:
    """Whether this Accept-Encoding accepts the coding (RFC 9110, 12.5.3)."""
    weights: dict[str, str] = {}
    for part in accept_encoding.lower().split(","):
        name, _, weight = part.partition(";")
        weights[name.strip()] = weight.replace(" ", "")
    found = [weights[name] for name in (coding, f"x-{coding}", "*") if name in weights]
    return bool(found) and found[0].rstrip("0") not in ("q=", "q=0.")
