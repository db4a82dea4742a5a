"""A process that holds many event streams open and sees how old is what they say.

`python -m load.bench.sse_clients PORT PATH SECONDS HEADERS-FILE`: one stream for each line of the
file, which is a header that says who asks (or blank). Says `open` once all are, and after SECONDS
its figures.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

from processes.open_files import raise_limit

# One address has some 28,000 ports to ask from; and each needs a file here and one at the server.
SOURCES = 4
OPENING_AT_ONCE = 100
OPEN_WITHIN_S = 120.0
LOOK_EVERY_S = 0.2
_ID, _EVENT = b"id: ", b"event: place"


@dataclass(frozen=True, slots=True)
class StreamStats:
    """What was seen while all were open.

    Age: at a moment, how long ago Redis was asked for the latest message of a stream; looked at for
    all of them some times a second. errors: streams that did not open, or broke off.
    """

    streams: int
    seconds: float
    opened_s: float
    events_per_s: float
    bytes_an_event: float
    age_p50_s: float
    age_p99_s: float
    age_max_s: float
    ended: int
    errors: int
    generator_cores: float


class Stream(asyncio.Protocol):
    """One open stream: `read_ms` is the time that its latest message carries."""

    __slots__ = ("_all", "_request", "_told", "is_open", "read_ms")

    def __init__(self, everybody: Streams, request: bytes) -> None:
        self._all = everybody
        self._request = request
        self.is_open = False
        self.read_ms = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast(asyncio.WriteTransport, transport).write(self._request)

    def data_received(self, data: bytes) -> None:
        seen = self._all
        seen.bytes += len(data)
        seen.events += data.count(_EVENT)
        # Not in the head, where the request's id stands.
        body = data.find(b"\r\n\r\n") if data.startswith(b"HTTP/1.1 ") else 0
        at = data.rfind(_ID, body) if body >= 0 else -1
        if at >= 0:
            self.read_ms = int(data[at + 4 : data.index(b"\n", at)])
            if not self.is_open:
                self.is_open = True
                seen.streams.add(self)
                seen.opened.release()
        elif data.startswith(b"HTTP/1.1 ") and not data.startswith(b"HTTP/1.1 200"):
            seen.errors += 1
            seen.opened.release()

    def connection_lost(self, _error: Exception | None) -> None:
        if self.is_open:
            self._all.streams.discard(self)
            self._all.ended += 1


class Streams:
    def __init__(self) -> None:
        self.streams: set[Stream] = set()
        self.opened = asyncio.Semaphore(0)
        self.bytes = self.events = self.ended = self.errors = 0

    async def open(self, port: int, requests: list[bytes]) -> None:
        loop = asyncio.get_running_loop()
        at_once = asyncio.Semaphore(OPENING_AT_ONCE)

        async def one(number: int) -> None:
            local = f"127.0.0.{2 + number % SOURCES}"
            async with at_once:
                try:
                    await loop.create_connection(
                        lambda: Stream(self, requests[number]),
                        "127.0.0.1",
                        port,
                        local_addr=(local, 0),
                    )
                except OSError:
                    self.errors += 1
                else:
                    await self.opened.acquire()

        async with asyncio.timeout(OPEN_WITHIN_S):
            await asyncio.gather(*map(one, range(len(requests))))

    async def sample(self, seconds: float) -> Ages:
        ages = Ages()
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            await asyncio.sleep(LOOK_EVERY_S)
            now_ms = int(time.time() * 1_000)
            ages.add([now_ms - stream.read_ms for stream in self.streams])
        return ages


class Ages:
    """Counted in steps of 10 ms: there are millions of them."""

    STEP_MS = 10

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}

    def add(self, ages_ms: list[int]) -> None:
        counts = self._counts
        for age in ages_ms:
            step = age // self.STEP_MS
            counts[step] = counts.get(step, 0) + 1

    def percentile(self, share: float) -> float:
        """Seconds below which this share of all ages is."""
        left = sum(self._counts.values()) * share
        for step in sorted(self._counts):
            left -= self._counts[step]
            if left <= 0:
                return (step + 1) * self.STEP_MS / 1_000
        return 0.0


async def _follow(port: int, path: str, seconds: float, headers: list[str]) -> StreamStats:
    everybody = Streams()
    requests = [
        "\r\n".join(filter(None, (f"GET {path} HTTP/1.1", "Host: 127.0.0.1", header))) + "\r\n\r\n"
        for header in headers
    ]
    began = time.perf_counter()
    await everybody.open(port, [request.encode() for request in requests])
    opened_s = time.perf_counter() - began
    print("open", flush=True)
    everybody.events = everybody.bytes = everybody.ended = 0
    cpu_began, began = time.process_time(), time.perf_counter()
    held = len(everybody.streams)
    ages = await everybody.sample(seconds)
    took_s = time.perf_counter() - began
    return StreamStats(
        streams=held,
        seconds=took_s,
        opened_s=opened_s,
        events_per_s=everybody.events / took_s,
        bytes_an_event=everybody.bytes / max(everybody.events, 1),
        age_p50_s=ages.percentile(0.5),
        age_p99_s=ages.percentile(0.99),
        age_max_s=ages.percentile(1.0),
        ended=everybody.ended,
        errors=everybody.errors,
        generator_cores=(time.process_time() - cpu_began) / took_s,
    )


def follow(
    port: int,
    path: str,
    seconds: float,
    headers: list[str],
    folder: Path,
    opened: Callable[[], None],
) -> StreamStats:
    """By a process of its own; `opened` is called once all streams are open."""
    file = folder / "headers"
    file.write_text("\n".join(headers))
    argv = [
        sys.executable,
        "-m",
        "load.bench.sse_clients",
        str(port),
        path,
        str(seconds),
        str(file),
    ]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdout is not None
        if process.stdout.readline().strip() != "open":
            raise RuntimeError("The streams could not be opened.")
        opened()
        return StreamStats(**json.loads(process.stdout.readline()))


def main() -> None:
    raise_limit()
    port, path, seconds, file = sys.argv[1:]
    headers = Path(file).read_text().split("\n")
    if sys.platform != "win32":
        import uvloop

        runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
    else:
        runner = asyncio.Runner()
    with runner:
        seen = runner.run(_follow(int(port), path, float(seconds), headers))
        print(json.dumps(asdict(seen)), flush=True)
        os._exit(0)  # closing each of so many connections takes longer than all that was measured


if __name__ == "__main__":
    main()
