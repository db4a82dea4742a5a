"""Patron: a simulated member with a keep-alive connection, like a browser's.

A browser retries on a fresh connection if a used one is closed before
a byte of the response (RFC 9112, section 9.3.1); this is counted apart. So are retries that our
shipped proxies would make: without a proxy, the patron makes them. All other errors are
failures.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from load.crowd.observations import Observations

ANSWER_WITHIN_S = 30.0


class Failed(Exception):
    """A request got no response, or an error."""


class Unavailable(Failed):
    """A 503 that says when to ask again."""

    def __init__(self, what: str, retry_after_s: float) -> None:
        super().__init__(what)
        self.retry_after_s = retry_after_s


@dataclass(slots=True)
class Tally:
    """Counts of all requests. retried: by a browser's rule; passed_on: by a proxy's.

    returned: streams that ended too early. put_off: answers 503 after which they asked again.
    """

    requests: int = 0
    retried: int = 0
    passed_on: int = 0
    streams: int = 0
    returned: int = 0
    put_off: int = 0
    failed: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Head:
    """A response's head. headers: names in lower case. cookies: None deletes one."""

    status: int
    headers: dict[str, str]
    cookies: dict[str, str | None]
    reader: asyncio.StreamReader


class KeptConnection:
    """A keep-alive connection to this host, reopened when it was closed.

    proxy: the TLS of the proxy on this port; None if the web server itself listens there.
    answer_within_s: how long to wait for an answer.
    """

    def __init__(
        self,
        port: int,
        tally: Tally,
        proxy: ssl.SSLContext | None = None,
        *,
        answer_within_s: float = ANSWER_WITHIN_S,
    ) -> None:
        self._port = port
        self._answer_within_s = answer_within_s
        self._proxy = proxy
        self._tally = tally
        self._open: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(
        self, method: str, path: str, headers: dict[str, str], content: bytes = b""
    ) -> Head:
        """Send a request with `content` as its body. Returns the response's head. Raises Failed."""
        self._tally.requests += 1
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        lines += f"Content-Length: {len(content)}\r\n" + "Host: test\r\n" * ("Host" not in headers)
        request = f"{method} {path} HTTP/1.1\r\n{lines}\r\n"
        what = f"{method} {path.partition('?')[0]}"
        may_pass_on = self._proxy is None
        while True:
            was_used = self._open is not None
            first = b""
            try:
                async with asyncio.timeout(self._answer_within_s):
                    reader, writer = self._open or await self._connected()
                    self._open = reader, writer
                    writer.write(request.encode() + content)
                    first = await reader.readexactly(1)
                    return _head((first + await reader.readuntil(b"\r\n\r\n")).decode(), reader)
            except (OSError, EOFError, TimeoutError) as error:
                self.hang_up()
                if was_used and not first and not isinstance(error, TimeoutError):
                    self._tally.retried += 1
                    continue
                if may_pass_on and not first and not isinstance(error, TimeoutError):
                    may_pass_on = False
                    self._tally.passed_on += 1
                    continue
                kept = "a used" if was_used else "a fresh"
                raise Failed(f"{what}: {type(error).__name__} on {kept} connection") from None

    async def answer(
        self, method: str, path: str, headers: dict[str, str], content: bytes = b""
    ) -> tuple[Head, bytes]:
        """Send a request. Returns head and body. Raises Failed, also for a 5xx."""
        head = await self.send(method, path, headers, content)
        what = f"{method} {path.partition('?')[0]}"
        try:
            async with asyncio.timeout(self._answer_within_s):
                body = await head.reader.readexactly(int(head.headers.get("content-length", 0)))
        except (OSError, EOFError, TimeoutError) as error:
            raise Failed(f"{what}: cut off in mid-answer, {type(error).__name__}") from None
        if head.headers.get("connection") == "close":
            self.hang_up()
        if head.status >= 500:
            said = f"{what}: {head.status} {body[:200].decode()}"
            if head.status == 503 and (retry_s := head.headers.get("retry-after")):
                raise Unavailable(said, float(retry_s))
            raise Failed(said)
        return head, body

    def hang_up(self) -> None:
        if self._open is not None:
            self._open[1].close()
            self._open = None

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self._port, ssl=self._proxy)


def _head(text: str, reader: asyncio.StreamReader) -> Head:
    start, *lines = text.splitlines()
    pairs = [line.partition(":") for line in lines if line]
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    cookies: dict[str, str | None] = {}
    for name, _, value in pairs:
        if name.lower() == "set-cookie":
            cookie, _, kept = value.strip().partition("=")
            is_gone = "max-age=0" in kept.lower()
            cookies[cookie] = None if is_gone else kept.partition(";")[0]
    return Head(int(start.split()[1]), headers, cookies, reader)


class Patron:
    """One member at one server, who polls their place or follows it by a stream.

    life_max_s: how long they wait for an outcome; answer_within_s: for each answer.
    """

    life_max_s = 240.0
    answer_within_s = ANSWER_WITHIN_S

    def __init__(
        self,
        port: int,
        code: str,
        member_id: str,
        token: str,
        tally: Tally,
        proxy: ssl.SSLContext | None = None,
    ) -> None:
        self.seen = Observations(member_id)
        self._code = code
        self._headers = {"Authorization": f"Bearer {token}"}
        self._tally = tally
        self._connection = KeptConnection(port, tally, proxy, answer_within_s=self.answer_within_s)

    async def live(self, *, follows: bool) -> Observations:
        """Run until the outcome, or until a request fails."""
        try:
            async with asyncio.timeout(self.life_max_s):
                wait_s = await self._enter()
                if follows and wait_s is not None:
                    await self._follow()
                while not follows and wait_s is not None:
                    await asyncio.sleep(wait_s)
                    wait_s = await self._ask_again()
        except Failed as why:
            self._fail(str(why))
        except TimeoutError:
            self._fail("no final answer")
        finally:
            self._connection.hang_up()
        return self.seen

    def _fail(self, why: str) -> None:
        self._tally.failed[why] += 1
        self.seen.error = why

    async def _enter(self) -> float | None:
        return self.seen.note(*await self._ask("POST", "enter"))

    async def _ask_again(self) -> float | None:
        return self.seen.note_next(*await self._ask("GET", "place"))

    async def _ask(self, method: str, what: str) -> tuple[int, dict[str, Any]]:
        head, body = await self._connection.answer(method, self._path(what), self._headers)
        return head.status, json.loads(body)

    def _path(self, what: str) -> str:
        return f"/api/rooms/{self._code}/{what}"

    async def _follow(self) -> None:
        """Follow streams; reopen one that ends early after its `retry` interval."""
        while True:
            retry_s = 1.0
            self._tally.streams += 1
            async for event in self._events():
                for line in event.splitlines():
                    if line.startswith("retry: "):
                        retry_s = int(line.removeprefix("retry: ")) / 1_000
                    if line.startswith("data: "):
                        told = json.loads(line.removeprefix("data: "))
                        if self.seen.note_next(200, told) is None:
                            return
            self._tally.returned += 1
            await asyncio.sleep(retry_s)

    async def _events(self) -> AsyncIterator[str]:
        head = await self._connection.send("GET", self._path("live"), self._headers)
        if head.status != 200:
            raise Failed(f"live: {head.status}")
        text = ""
        try:
            while size := int(await head.reader.readuntil(b"\r\n"), 16):
                text += (await head.reader.readexactly(size + 2))[:-2].decode()
                *whole, text = text.split("\n\n")
                for event in whole:
                    yield event
        except (OSError, EOFError) as error:
            raise Failed(f"live: cut off in mid-answer, {type(error).__name__}") from None
        finally:
            self._connection.hang_up()
