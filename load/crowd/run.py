"""Run: lets a crowd loose on a server, a bounded number of connections at a time."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable

import aiohttp

from load.crowd.member import SimulatedMember
from load.crowd.observations import Observations, Timings
from load.crowd.options import CrowdOptions


async def run_crowd(
    options: CrowdOptions,
    mint: Callable[[str], str],
    *,
    direct: bool,
    seen: Callable[[Observations], None],
) -> tuple[list[Observations], Timings]:
    """What each member was told, and how long requests took. `seen` hears of each who is done.

    Raises aiohttp.ClientError where there is no server at all.
    """
    timings, connections = Timings(), asyncio.Semaphore(options.connections_max)
    give_up_at = time.monotonic() + options.give_up_s
    connector = aiohttp.TCPConnector(limit=0)  # bounded by the semaphore
    timeout = aiohttp.ClientTimeout(total=60)
    async with aiohttp.ClientSession(
        options.base_url, connector=connector, timeout=timeout
    ) as http:

        async def one(number: int, member_id: str, after_s: float) -> Observations:
            headers = {"Authorization": f"Bearer {mint(member_id)}"}
            if options.addresses:
                headers["X-Forwarded-For"] = address(number % options.addresses)
            await asyncio.sleep(after_s)
            member = SimulatedMember(
                http, connections, options.code, member_id, headers, timings, options.attempts_max
            )
            known = await member.live(
                direct=direct, double_click=options.double_click, give_up_at=give_up_at
            )
            seen(known)
            return known

        crowd = (one(number, *who) for number, who in enumerate(arrivals(options).items()))
        return list(await asyncio.gather(*crowd)), timings


def address(number: int) -> str:
    """One of the addresses that are for testing alone (RFC 2544)."""
    return f"198.18.{number // 256}.{number % 256}"


def arrivals(options: CrowdOptions) -> dict[str, float]:
    """Who comes, and how many seconds after the beginning."""
    chance = random.Random(options.seed)  # noqa: S311 - no secret
    run = f"{chance.getrandbits(24):06x}"
    return {
        f"crowd-{run}-{number}": chance.uniform(0, options.within_s)
        for number in range(options.members)
    }


async def fetch_coupon(base_url: str, code: str) -> dict[str, object]:
    """The coupon, as the server shows it. Raises aiohttp.ClientError; KeyError for an unknown."""
    async with aiohttp.ClientSession(base_url) as http, http.get(f"/api/coupons/{code}") as answer:
        body: dict[str, object] = await answer.json(content_type=None)
        if answer.status != 200:
            raise KeyError(str(body.get("detail")))
        return body
