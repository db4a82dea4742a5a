"""Place stream: the events that a ticket page follows, on a connection of its own."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

# The server sends a beat at least every 14 seconds.
QUIET_MAX_S = 20.0


class StreamRefused(Exception):
    """The answer was no stream; status 0 without an answer."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the stream was answered with {status}")
        self.status = status


def follow_places(
    base_url: str, path: str, headers: Mapping[str, str]
) -> Generator[str, None, None]:
    """The fragment of each `place` event, until the stream ends or is silent for too long.

    Raises StreamRefused.
    """
    url = urlsplit(base_url)
    kind = HTTPSConnection if url.scheme == "https" else HTTPConnection
    with closing(kind(url.hostname or "", url.port, timeout=QUIET_MAX_S)) as connection:
        try:
            connection.request("GET", path, headers={"Accept": "text/event-stream", **headers})
            answer = connection.getresponse()
        except (OSError, HTTPException):
            raise StreamRefused(0) from None
        if answer.status != 200:
            raise StreamRefused(answer.status)
        yield from read_places(iter(answer.readline, b""))


def read_places(lines: Iterator[bytes]) -> Iterator[str]:
    """The data of a stream's `place` events; skips other events."""
    event, data = "", list[str]()
    try:
        for line in lines:
            name, _, value = line.decode().rstrip("\r\n").partition(":")
            if name == "event":
                event = value.strip()
            elif name == "data":
                data.append(value.removeprefix(" "))
            elif not line.strip():
                if event == "place":
                    yield "\n".join(data)
                event, data = "", []
    except (OSError, HTTPException):
        return  # silent, or cut off: the page would ask
