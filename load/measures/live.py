"""Live: places as server-sent events to many at once, while the line moves."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable

import aiohttp

from domain.room_settings import RoomSettings
from load.machine import cpu_s, memory_mb
from load.measures.bench import Bench, bare_server, members
from load.measures.row import Row, Summary, rounds
from load.tokens import tokens

STREAMS = 1_000
ADMITTED_PER_S = 100.0


def live(bench: Bench) -> list[Summary]:
    """Events that come in a second to all, and what a stream costs the web processes."""

    def one(_round: int) -> list[Row]:
        with bare_server(bench) as bare_url:
            urls = [f"{bare_url}/live"] * STREAMS
            bare, _ = asyncio.run(_events(urls, None, bench.seconds))
        code = bench.new_code()
        room = RoomSettings(rate_per_s=ADMITTED_PER_S, burst=1, seats=10_000)
        bench.stage.offer(code, 1_000_000, room=room)
        waiting = members("live", STREAMS * 2)
        bench.fill(code, waiting)
        # The second half follows: the first is let through meanwhile.
        made = tokens(bench.stage.environ["MEMBER_TOKEN_SECRETS"], waiting[STREAMS:])
        web = bench.pids["web"]
        memory_before, cpu_before = memory_mb(web), cpu_s(web)
        url = f"{bench.stage.base_url}/api/rooms/{code}/live"
        seen, memory = asyncio.run(
            _events([url] * STREAMS, made, bench.seconds, lambda: memory_mb(web))
        )
        more = {
            "streams": STREAMS,
            "kB a stream": (memory - memory_before) * 1_000 / STREAMS,
            "web cpu s": cpu_s(web) - cpu_before,
        }
        name = f"events to {STREAMS:,} streams"
        return [Row(name, seen, "/s", "bare streams, one event a second each", bare, more)]

    return rounds(bench.rounds, one)


async def _events(
    urls: list[str],
    made: list[str] | None,
    seconds: float,
    look: Callable[[], float] = lambda: 0.0,
) -> tuple[float, float]:
    """Events a second once all streams are open, and what `look` says then."""
    count = 0
    all_open = asyncio.Semaphore(0)

    async def follow(http: aiohttp.ClientSession, number: int) -> None:
        nonlocal count
        headers = {"Authorization": f"Bearer {made[number]}"} if made else {}
        async with http.get(urls[number], headers=headers) as answer:
            answer.raise_for_status()
            all_open.release()
            async for line in answer.content:
                count += line.startswith(b"event: place")

    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as http:
        followers = [asyncio.create_task(follow(http, number)) for number in range(len(urls))]
        for _ in followers:
            await all_open.acquire()
        count = 0
        began = time.perf_counter()
        await asyncio.sleep(seconds)
        per_s = count / (time.perf_counter() - began)
        seen = look()
        for one in followers:
            one.cancel()
        with contextlib.suppress(Exception):
            await asyncio.gather(*followers, return_exceptions=True)
    return per_s, seen
