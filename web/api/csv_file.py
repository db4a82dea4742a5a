"""Sends a CSV that is written to a file first: a slow client holds no memory or connection."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Iterator
from typing import IO

from fastapi import Request
from fastapi.responses import StreamingResponse

from web.container import get_office
from web.problems import Problem

PART_BYTES = 65_536
_writing = asyncio.Semaphore(1)


async def send_csv(
    request: Request, name: str, write: Callable[[IO[bytes]], None]
) -> StreamingResponse:
    """The file that `write` fills, in the office's thread, to be saved under this name.

    One file is written at a time: others are asked to try again. Raises Problem and those of
    `write`.
    """
    # The file is unnamed: a server that gets a path (ASGI's pathsend) may open it once it is gone.
    if _writing.locked():
        raise Problem(
            "unavailable", "Another export is running. Try again in a moment.", {"retry_after_s": 5}
        )
    async with _writing:
        file = tempfile.TemporaryFile()  # noqa: SIM115 - closed after it is sent
        try:
            await get_office(request).run(write, file)
        except BaseException:
            file.close()
            raise
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": f'attachment; filename="{name}"',
        "Content-Length": str(file.tell()),
    }
    file.seek(0)
    return StreamingResponse(_load(file), media_type="text/csv; charset=utf-8", headers=headers)


def _load(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while part := file.read(PART_BYTES):
            yield part
