"""Asks a server from many connections at once and times its answers.

With wrk where it is installed: written in C, it takes little of a machine that it shares with what
it measures. Else with our own below, which costs about as much as the server, so that figures are
about half; what does the asking is said beside every figure.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import math
import shutil
import statistics
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

SCRIPT = Path(__file__).with_name("wrk.lua")
GIVE_UP_S = 10.0


@dataclass(frozen=True, slots=True)
class LoadResult:
    """What was seen. per_s: answers a second. errors: no answer, or a status over 399.

    mean_bytes: of an answer on the wire, with its head.
    """

    answered: int
    seconds: float
    per_s: float
    mean_ms: float
    p50_ms: float
    p99_ms: float
    errors: int
    mean_bytes: float


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """For `seconds`, on `connections` at once, each time with the next line of the file.

    A line is a token, or a token, a tab, and the address to be taken for (by a server that trusts
    ours as a proxy's). After the last comes the first again. per_s: requests a second on all
    connections together; 0: as many as can be. credential: the header up to the token. headers: of
    all requests, by name. once: nothing more after the last line.
    """

    url: str
    connections: int
    seconds: float
    method: str = "GET"
    tokens: Path | None = None
    per_s: float = 0
    credential: str = "Authorization: Bearer "
    headers: Mapping[str, str] = field(default_factory=dict)
    once: bool = False

    @property
    def header_lines(self) -> str:
        return "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())


def name() -> str:
    return "wrk" if shutil.which("wrk") else "own generator (wrk is not installed)"


def run_load(asking: LoadOptions) -> LoadResult:
    """Raises subprocess.CalledProcessError, OSError."""
    return _by_wrk(asking) if shutil.which("wrk") else asyncio.run(_by_ourselves(asking))


def write_tokens(path: Path, made: list[str]) -> Path:
    path.write_text("\n".join(made) + "\n")
    return path


def wrk_argv(asking: LoadOptions) -> list[str]:
    # wrk takes whole seconds only.
    argv = ["wrk", "-t1", f"-c{asking.connections}", f"-d{math.ceil(asking.seconds)}s"]
    argv += ["--timeout", f"{GIVE_UP_S:g}s", "-s", str(SCRIPT), asking.url]
    argv += ["--", asking.method, str(asking.tokens or ""), "once" if asking.once else ""]
    return [*argv, f"{asking.per_s:g}", asking.credential, asking.header_lines]


def _by_wrk(asking: LoadOptions) -> LoadResult:
    done = subprocess.run(  # noqa: S603 - a program the user has installed
        wrk_argv(asking), check=True, capture_output=True, text=True
    )
    return LoadResult(**json.loads(done.stdout.splitlines()[-1]))


async def _by_ourselves(asking: LoadOptions) -> LoadResult:
    url = urlsplit(asking.url)
    lines = asking.tokens.read_text().splitlines() if asking.tokens else [""]
    path = urlunsplit(("", "", url.path or "/", url.query, ""))
    first = f"{asking.method} {path} HTTP/1.1\r\nHost: {url.netloc}\r\n{asking.header_lines}"
    made = (f"{first}{_who(line, asking.credential)}\r\n" for line in lines)
    heads = made if asking.once else itertools.cycle(made)
    rest_s = asking.connections / asking.per_s if asking.per_s else 0.0
    seen = _Seen()
    began = time.perf_counter()
    until = began + asking.seconds
    async with asyncio.TaskGroup() as group:
        for number in range(asking.connections):
            # Spread over the first turn, as they would otherwise all ask in the same moment.
            await asyncio.sleep(1 / asking.per_s if asking.per_s and number else 0)
            group.create_task(_one(url.hostname, url.port, heads, until, seen, rest_s))
    seconds = time.perf_counter() - began
    ordered = sorted(seen.times) or [0.0]
    return LoadResult(
        answered=len(seen.times),
        seconds=seconds,
        per_s=len(seen.times) / seconds,
        mean_ms=statistics.fmean(ordered) * 1e3,
        p50_ms=statistics.median(ordered) * 1e3,
        p99_ms=ordered[int(len(ordered) * 0.99)] * 1e3,
        errors=len(seen.errors),
        mean_bytes=seen.wire_bytes / max(1, len(seen.times)),
    )


@dataclass(slots=True)
class _Seen:
    """What all connections saw. times: of the answers, in seconds."""

    times: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    wire_bytes: int = 0


def _who(line: str, credential: str) -> str:
    """The headers that a line of the tokens' file stands for."""
    token, _, address = line.partition("\t")
    from_ = f"X-Forwarded-For: {address}\r\n" if address else ""
    return f"{credential}{token}\r\n{from_}" if token else ""


async def _one(
    host: str | None,
    port: int | None,
    heads: Iterator[str],
    until: float,
    seen: _Seen,
    rest_s: float,
) -> None:
    """One connection, kept open; `rest_s` from one request to the next, at least."""
    try:
        reader, writer = await asyncio.open_connection(host, port)
        # Once at least, however long it took to open as many connections.
        while request := next(heads, None):
            began = time.perf_counter()
            writer.write(request.encode())
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), GIVE_UP_S)
            length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
            body = await reader.readexactly(int(length or 0))
            took_s = time.perf_counter() - began
            seen.times.append(took_s)
            seen.wire_bytes += len(head) + len(body)
            if head[9:10] not in b"23":
                seen.errors.append(head[:30].decode("latin-1"))
            if time.perf_counter() >= until:
                break
            await asyncio.sleep(max(0.0, rest_s - took_s))
        writer.close()
    except (OSError, EOFError, TimeoutError) as error:
        seen.errors.append(repr(error))
