"""Run: sends a crowd to a server over a bounded number of connections."""

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
    sign: Callable[[str], str],
    *,
    direct: bool,
    seen: Callable[[Observations], None],
) -> tuple[list[Observations], Timings]:
    """The answers to each member, and all response times. Calls `seen` for each finished member.

    sign: makes a member's token. Raises aiohttp.ClientError if there is no server.
    """
    timings, connections = Timings(), asyncio.Semaphore(options.connections_max)
    give_up_at = time.monotonic() + options.give_up_s
    connector = aiohttp.TCPConnector(limit=0)  # bounded by the semaphore
    timeout = aiohttp.ClientTimeout(total=60)
    async with aiohttp.ClientSession(
        options.base_url, connector=connector, timeout=timeout
    ) as http:

        async def one(number: int, member_id: str, after_s: float) -> Observations:
            headers = {"Authorization": f"Bearer {sign(member_id)}"}
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

        crowd = (one(number, *item) for number, item in enumerate(arrivals(options).items()))
        return list(await asyncio.gather(*crowd)), timings


def address(number: int) -> str:
    """An address of the range reserved for benchmarks (RFC 2544)."""
    return f"198.18.{number // 256}.{number % 256}"


def arrivals(options: CrowdOptions) -> dict[str, float]:
    """Each member's id, and the seconds until they arrive."""
    chance = random.Random(options.seed)  # noqa: S311 - no secret
    run = f"{chance.getrandbits(24):06x}"
    return {
        f"crowd-{run}-{number}": chance.uniform(0, options.within_s)
        for number in range(options.members)
    }


async def fetch_coupon(base_url: str, code: str) -> dict[str, object]:
    """The coupon from the API. Raises aiohttp.ClientError; KeyError for an unknown code."""
    async with aiohttp.ClientSession(base_url) as http, http.get(f"/api/coupons/{code}") as answer:
        body: dict[str, object] = await answer.json(content_type=None)
        if answer.status != 200:
            raise KeyError(str(body.get("detail")))
        return body
