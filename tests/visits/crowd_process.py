"""A process of visitors: each visits again and again until this process is stopped."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
from contextlib import suppress
from random import Random

from tests.visits.crowd import Crowd, Habits, rest
from waitroom.errors import LineError
from waitroom.line import open_line

CONNECTIONS = 4
HABITS = Habits(misses=0.08, stays=0.2, inside_s=4.0, polls_s=1.0)


async def visit_again(crowd: Crowd, member: str, stop: asyncio.Event) -> None:
    while not stop.is_set():
        with suppress(LineError):
            await crowd.visit(member, stop)
        await rest(0.1, stop)


async def run(redis_url: str, code: str, seed: int, members: range) -> Crowd:
    """Let these visitors come until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    line = open_line(redis_url, connections_max=CONNECTIONS, timeout_s=5.0)
    crowd = Crowd(line, code, Random(seed), HABITS)
    await asyncio.gather(*(visit_again(crowd, f"v:{n}", stop) for n in members))
    await line.aclose()
    return crowd


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("redis_url")
    parser.add_argument("code")
    parser.add_argument("seed", type=int)
    parser.add_argument("first", type=int)
    parser.add_argument("count", type=int)
    given = parser.parse_args()
    members = range(given.first, given.first + given.count)
    crowd = asyncio.run(run(given.redis_url, given.code, given.seed, members))
    print(json.dumps({"came": len(crowd.came), "missed": len(crowd.missed)}), flush=True)


if __name__ == "__main__":
    main()
