"""Floods every route in turn, and measures how it affects members, admins and health checks.

    python -m tests.route_flood [--seconds 5] [--connections 300] [--only ROUTE]

Starts the product on servers of its own and reads its route table. Each route is asked on
--connections connections by one member, then by one stranger, for --seconds each. Meanwhile other
members enter, an admin changes the rate, and health is checked. Ends with 0 where each route's
refusals rise (but for those excused), each change is in force within 1 s, health is always 200, and
the p99 of entering is at most 3 times its quiet value. A flood beside which entering was slower is
sent twice more at the end, and the median of the three counts: a few hundred members enter beside a
flood, so one pause of the machine decides their p99.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Sequence

from load.bench.process_usage import described
from processes.open_files import raise_limit
from tests.route_flood.target import ADDRESS_REQUESTS_MAX, Target, open_target
from tests.route_flood.walk import WHO, Flooded, Walk, p99
from tests.route_table import Call, calls_of_product

COLUMNS = "{:<48} {:<8} {:>7} {:>7} {:>7} {:>8} {:>7} {:>8} {:>6}  {}"
TITLES = ("route", "who", "sent", "refused", "streams", "admin s", "health", "p99 ms", "ratio", "")


def main(words: Sequence[str]) -> int:
    asked = _asked(words)
    raise_limit()
    began, load_before = time.monotonic(), os.getloadavg()[0]
    print(f"{described()}; {asked.connections} connections, {asked.seconds:g} s each;", end=" ")
    print(f"{asked.processes} web; ADDRESS_REQUESTS_MAX {asked.address_requests_max}", flush=True)
    calls = _chosen(calls_of_product(), asked.only)
    with open_target(asked.processes, asked.address_requests_max) as target:
        faults = asyncio.run(_walk(target, calls, asked))
    print(f"load average before and after: {load_before:.1f}, {os.getloadavg()[0]:.1f}")
    print(f"{len(calls)} routes in {time.monotonic() - began:,.0f} s.", end=" ")
    print("BROKEN:" if faults else "Every route refuses a flood, and others are served.")
    for fault in faults:
        print(f"  {fault}")
    return 1 if faults else 0


async def _walk(target: Target, calls: list[Call], asked: argparse.Namespace) -> list[str]:
    walk = Walk(target, asked.connections, asked.seconds)
    await walk.warm_up()
    print(COLUMNS.format(*TITLES), flush=True)
    seen: list[Flooded] = []
    for call in calls:
        for who in WHO:
            seen.append(one := await walk.flood(call, who))
            print(_line(one), flush=True)
    seen = [await median_of_three(walk, one) if one.is_slow else one for one in seen]
    per_s = max(one.per_s for one in seen)
    ratio, rate = await walk.flood_bare_server(per_s)
    worst = max(seen, key=lambda one: one.ratio)
    print(f"p99 of entering at most {worst.ratio:.1f} times its quiet value: {worst.call.name}")
    print(f"  beside a flood of {rate:,.0f}/s that a bare server gets: {ratio:.1f} times")
    late = max(seen, key=lambda one: one.change_s)
    print(f"an admin's change in force after at most {late.change_s:.2f} s: {late.call.name}")
    return [f"{one.call.name}, {one.who}: {why}" for one in seen for why in one.faults]


async def median_of_three(walk: Walk, first: Flooded) -> Flooded:
    """The flood again, twice; the one of the three with the median ratio."""
    three = [first, *[await walk.flood(first.call, first.who) for _ in range(2)]]
    for one in three[1:]:
        print(_line(one), flush=True)
    return sorted(three, key=lambda one: one.ratio)[1]


def _line(one: Flooded) -> str:
    checks = len(one.felt.health)
    health = f"{checks - one.felt.health_failed}/{checks}"
    p99_ms = p99(one.felt.enter_s) * 1_000
    return COLUMNS.format(
        one.call.name,
        one.who,
        one.sent,
        one.refused,
        one.streams,
        f"{one.change_s:.2f}",
        health,
        f"{p99_ms:.1f}",
        f"{one.ratio:.1f}",
        "; ".join(filter(None, [*one.faults, one.excuse])),
    ).rstrip()


def _chosen(calls: list[Call], only: list[str]) -> list[Call]:
    """The calls whose names contain one of these words. Exits if there is none."""
    if not only:
        return calls
    chosen = [call for call in calls if any(word in call.name for word in only)]
    if not chosen:
        names = "\n  ".join(call.name for call in calls)
        sys.exit(f"No route has {' or '.join(only)} in its name. There are:\n  {names}")
    return chosen


def _asked(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.route_flood",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seconds", type=float, default=5.0, help="of each flood (default: 5)")
    parser.add_argument("--connections", type=int, default=300, help="of each flood (default: 300)")
    parser.add_argument("--processes", type=int, default=1, help="of web (default: 1)")
    parser.add_argument(
        "--address-requests-max",
        type=int,
        default=ADDRESS_REQUESTS_MAX,
        metavar="N",
        help="the setting of that name (default: %(default)s, so that each flood gets there)",
    )
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="ROUTE",
        help='a part of "METHOD /path"; may be given again (default: every route)',
    )
    asked = parser.parse_args(words)
    numbers = asked.seconds, asked.connections, asked.processes, asked.address_requests_max
    if min(numbers) <= 0:
        parser.error("each number must be above 0")
    return asked


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
