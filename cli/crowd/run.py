"""Run: lets a crowd loose on a server, a bounded number of connections at a time."""

from __future__ import annotations

import asyncio
import random
import secrets
import time
from collections.abc import Callable

import aiohttp

from cli.crowd.member import Simulated
from cli.crowd.options import CrowdOptions
from cli.crowd.seen import Seen, Timings


async def run_crowd(
    options: CrowdOptions,
    mint: Callable[[str], str],
    *,
    direct: bool,
    seen: Callable[[Seen], None],
) -> tuple[list[Seen], Timings]:
    """What each member was told, and how long requests took. `seen` hears of each who is done.

    Raises aiohttp.ClientError where there is no server at all.
    """
    timings, connections = Timings(), asyncio.Semaphore(options.connections_max)
    run = secrets.token_hex(3)
    give_up_at = time.monotonic() + options.give_up_s
    connector = aiohttp.TCPConnector(limit=0)  # bounded by the semaphore
    timeout = aiohttp.ClientTimeout(total=60)
    async with aiohttp.ClientSession(
        options.base_url, connector=connector, timeout=timeout
    ) as http:

        async def one(number: int) -> Seen:
            member_id = f"crowd-{run}-{number}"
            token = mint(member_id)
            await asyncio.sleep(random.uniform(0, options.within_s))  # noqa: S311 - no secret
            member = Simulated(http, connections, options.code, member_id, token, timings)
            known = await member.live(
                direct=direct, double_click=options.double_click, give_up_at=give_up_at
            )
            seen(known)
            return known

        return list(await asyncio.gather(*(one(n) for n in range(options.members)))), timings


async def fetch_coupon(base_url: str, code: str) -> dict[str, object]:
    """The coupon, as the server shows it. Raises aiohttp.ClientError; KeyError for an unknown."""
    async with aiohttp.ClientSession(base_url) as http, http.get(f"/api/coupons/{code}") as answer:
        body: dict[str, object] = await answer.json(content_type=None)
        if answer.status != 200:
            raise KeyError(str(body.get("detail")))
        return body
