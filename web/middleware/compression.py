"""Compression: gzip for what is not compressed already, where the client takes it."""

from __future__ import annotations

from starlette.middleware.gzip import GZipMiddleware
from starlette.types import Receive, Scope, Send

from web.cache.compressed import accepts_gzip

_HEADER = b"accept-encoding"
_STATIC = "/static/"
# Smaller answers are sent as they are.
COMPRESSED_MIN = 1_000


class CompressedResponses(GZipMiddleware):
    """Starlette's, which takes `gzip;q=0` for a yes, and knows nothing of files that are compressed
    ahead: those have a coding already, or are sent as they are on purpose.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(_STATIC):
            await self.app(scope, receive, send)
            return
        asked = next((value for name, value in scope["headers"] if name == _HEADER), b"")
        if b"gzip" in asked and not accepts_gzip(asked.decode("latin-1")):
            headers = [one for one in scope["headers"] if one[0] != _HEADER]
            scope = {**scope, "headers": headers}
        await super().__call__(scope, receive, send)
