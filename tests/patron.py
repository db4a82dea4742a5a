"""Patron: somebody whose connection to the web is kept open, as a browser keeps it.

A browser asks once more, on a fresh connection, where one that it had used before was closed before
a byte of the answer came (RFC 9112, section 9.3.1); that is counted apart. All else is a failure.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from cli.crowd.seen import Seen

ANSWER_WITHIN_S = 30.0
LIFE_MAX_S = 240.0


class Failed(Exception):
    """A request got no answer, or one that says no."""


@dataclass(slots=True)
class Tally:
    """What came of all requests. retried: by the rule above. returned: streams ended too early."""

    requests: int = 0
    retried: int = 0
    streams: int = 0
    returned: int = 0
    failed: Counter[str] = field(default_factory=Counter)


class Patron:
    """One member at one server, who either asks for their place or follows it by a stream."""

    def __init__(self, port: int, code: str, member_id: str, token: str, tally: Tally) -> None:
        self.seen = Seen(member_id)
        self._port = port
        self._code = code
        self._token = token
        self._tally = tally
        self._connection: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def live(self, *, follows: bool) -> Seen:
        """Until they are told what they get, or a request fails."""
        try:
            async with asyncio.timeout(LIFE_MAX_S):
                wait_s = self.seen.note(*await self._ask("POST", "enter"))
                if follows and wait_s is not None:
                    await self._follow()
                while not follows and wait_s is not None:
                    await asyncio.sleep(wait_s)
                    wait_s = self.seen.note(*await self._ask("GET", "place"))
        except Failed as why:
            self._tally.failed[str(why)] += 1
        except TimeoutError:
            self._tally.failed["was never told"] += 1
        finally:
            self._hang_up()
        return self.seen

    async def _ask(self, method: str, what: str) -> tuple[int, dict[str, Any]]:
        """One answer, whole."""
        status, headers, reader = await self._asked(method, what)
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                body = await reader.readexactly(int(headers["content-length"]))
        except (OSError, EOFError, TimeoutError) as error:
            raise Failed(f"{what}: cut off in mid-answer, {type(error).__name__}") from None
        if headers.get("connection") == "close":
            self._hang_up()
        if status >= 500:
            raise Failed(f"{what}: {status} {body[:200].decode()}")
        return status, json.loads(body)

    async def _follow(self) -> None:
        """Streams, one after the other; whoever is ended early comes back when it said."""
        while True:
            retry_s = 1.0
            self._tally.streams += 1
            async for event in self._events():
                for line in event.splitlines():
                    if line.startswith("retry: "):
                        retry_s = int(line.removeprefix("retry: ")) / 1_000
                    if line.startswith("data: "):
                        wait_s = self.seen.note(200, json.loads(line.removeprefix("data: ")))
                        if wait_s is None:
                            return
            self._tally.returned += 1
            await asyncio.sleep(retry_s)

    async def _events(self) -> AsyncIterator[str]:
        status, _, reader = await self._asked("GET", "live")
        if status != 200:
            raise Failed(f"live: {status}")
        text = ""
        try:
            while size := int(await reader.readuntil(b"\r\n"), 16):
                text += (await reader.readexactly(size + 2))[:-2].decode()
                *whole, text = text.split("\n\n")
                for event in whole:
                    yield event
        except (OSError, EOFError) as error:
            raise Failed(f"live: cut off in mid-answer, {type(error).__name__}") from None
        finally:
            self._hang_up()

    async def _asked(
        self, method: str, what: str
    ) -> tuple[int, dict[str, str], asyncio.StreamReader]:
        """The head of an answer, and where the rest of it comes from."""
        self._tally.requests += 1
        while True:
            was_used = self._connection is not None
            reader, writer = self._connection or await self._connected(what)
            self._connection = reader, writer
            first = b""
            try:
                async with asyncio.timeout(ANSWER_WITHIN_S):
                    writer.write(
                        f"{method} /api/rooms/{self._code}/{what} HTTP/1.1\r\nHost: test\r\n"
                        f"Authorization: Bearer {self._token}\r\n\r\n".encode()
                    )
                    first = await reader.readexactly(1)
                    head = (first + await reader.readuntil(b"\r\n\r\n")).decode()
                    break
            except (OSError, EOFError, TimeoutError) as error:
                self._hang_up()
                if was_used and not first and not isinstance(error, TimeoutError):
                    self._tally.retried += 1
                    continue
                kept = "a used" if was_used else "a fresh"
                raise Failed(f"{what}: {type(error).__name__} on {kept} connection") from None
        start, *lines = head.splitlines()
        pairs = (line.partition(":") for line in lines if line)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        return int(start.split()[1]), headers, reader

    async def _connected(self, what: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                return await asyncio.open_connection("127.0.0.1", self._port)
        except (OSError, TimeoutError) as error:
            raise Failed(f"{what}: {type(error).__name__} while connecting") from None

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection[1].close()
            self._connection = None
