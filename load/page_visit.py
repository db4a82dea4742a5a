"""Page visit: what a browser with an empty cache asks for at a page, counted on the wire.

Each request goes over a connection, and each byte that the server sends is counted: status line,
headers, body as it was sent, and the sizes of its chunks.
"""

from __future__ import annotations

import gzip
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from http.client import HTTPResponse
from io import BytesIO
from typing import cast
from urllib.parse import urlsplit

import brotli

ACCEPT_ENCODING = "gzip, deflate, br, zstd"
ANSWER_WITHIN_S = 20.0
# What Chromium sends with a page of this site, but for cookies.
BROWSER_HEADERS = {
    "Upgrade-Insecure-Requests": "1",
    "User-Agent": "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Mobile Safari/537.36",
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8",
    "Sec-Fetch-Site": "same-origin",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-User": "?1",
    "Sec-Fetch-Dest": "document",
    "Accept-Language": "ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7",
}
# Chromium asks for an icon by these, and for a manifest.
_LINKED = {"stylesheet", "icon", "manifest"}


@dataclass(frozen=True, slots=True)
class Fetched:
    """One answer. wire_bytes: all that the server sent for it; body: as it reads, decompressed.

    cookies: those that it sets, each as `NAME=VALUE`.
    """

    path: str
    status: int
    headers: Mapping[str, str]
    wire_bytes: int
    body: bytes
    cookies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PageVisit:
    """The page first, then each of its assets in the order in which the page names them.

    stream: the path of the page's event stream; empty where it has none.
    """

    fetched: tuple[Fetched, ...]
    stream: str

    @property
    def requests(self) -> int:
        """The stream's included: a browser opens it as soon as the page's scripts run."""
        return len(self.fetched) + bool(self.stream)

    @property
    def wire_bytes(self) -> int:
        """Without what the stream sends."""
        return sum(one.wire_bytes for one in self.fetched)


def visit_page(
    base_url: str, path: str, headers: Mapping[str, str], *, encoding: str = ACCEPT_ENCODING
) -> PageVisit:
    """Open `path` as a browser would that has nothing of this site yet. Raises OSError.

    headers: of the page's request, such as its cookies and its language. A logo is not counted: how
    large it is, the shop decides.
    """
    page = fetch(base_url, path, headers, encoding=encoding)
    links = page_links(page.body.decode())
    fetched = [page]
    for asset in links.assets:
        fetched.append(fetch(base_url, asset, headers, encoding=encoding))
    return PageVisit(tuple(fetched), links.stream)


def fetch(
    base_url: str,
    path: str,
    headers: Mapping[str, str],
    *,
    method: str = "GET",
    encoding: str = ACCEPT_ENCODING,
) -> Fetched:
    """Raises OSError, http.client.HTTPException."""
    url = urlsplit(base_url)
    sent = {"Host": url.netloc, **headers, "Accept-Encoding": encoding, "Connection": "close"}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in sent.items())]
    with socket.create_connection((url.hostname, url.port), ANSWER_WITHIN_S) as connection:
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        with connection.makefile("rb") as file:
            raw = file.read()
    answer = HTTPResponse(cast(socket.socket, _Received(raw)))
    answer.begin()
    got = {name.lower(): value for name, value in answer.getheaders()}
    body = _decoded(answer.read(), got.get("content-encoding", ""))
    cookies = [line.partition(";")[0] for line in answer.headers.get_all("Set-Cookie", [])]
    return Fetched(path, answer.status, got, len(raw), body, tuple(cookies))


class _Received:
    """Bytes that have come, for `http.client`, which reads from the file of a socket."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw

    def makefile(self, _mode: str) -> BytesIO:
        return BytesIO(self._raw)


@dataclass(frozen=True, slots=True)
class PageLinks:
    """What a page makes a browser ask for.

    assets: paths, without logos. stream: a path, or empty.
    """

    assets: tuple[str, ...]
    stream: str


def page_links(html: str) -> PageLinks:
    parser = _LinkParser()
    parser.feed(html)
    return PageLinks(tuple(dict.fromkeys(parser.assets)), parser.stream)


class _LinkParser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.assets: list[str] = []
        self.stream = ""
        self._without_scripts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "noscript":
            self._without_scripts += 1
        elif self._without_scripts:
            return
        elif tag == "link" and _LINKED & set(found.get("rel", "").split()):
            self._add(found.get("href", ""))
        elif tag == "script":
            self._add(found.get("src", ""))
            if found.get("id") == "challenge":  # asked for once the widget is solved
                self._add(found.get("data-worker", ""))
        self.stream = found.get("data-live", self.stream)

    def handle_endtag(self, tag: str) -> None:
        if tag == "noscript":
            self._without_scripts -= 1

    def _add(self, address: str) -> None:
        if address.startswith("/"):
            self.assets.append(address)


def _decoded(body: bytes, encoding: str) -> bytes:
    if encoding == "gzip":
        return gzip.decompress(body)
    if encoding == "br":
        return bytes(brotli.decompress(body))
    return body
