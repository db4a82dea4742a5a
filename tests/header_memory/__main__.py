"""Measure the memory of a web process before and after many distinct values of each header.

    python -m tests.header_memory [--values 100000] [--only HEADER]

Starts the product on servers of its own and sends each header so many distinct values, to a route
that reads it. Ends with 0 where no header makes the process grow by more than --most-mb.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence

from load.bench.process_usage import described, family, memory_mb
from processes.local_stack import LocalStack, ProcessCounts
from tests.header_memory.sender import send_all
from tests.header_memory.values import ADDRESSES, FORWARDED_FOR, HEADERS, Header

CODE = "header-memory"
WARM_UP = 500
# What can't be read is one sender: counted like any, but not refused.
ENVIRON = {"FORWARDED_ALLOW_IPS": "127.0.0.1", "ADDRESS_REQUESTS_MAX": "10000000"}
COLUMNS = "{:<16} {:<20} {:>8} {:>10} {:>10} {:>8} {:>7}  {}"
TITLES = ("header", "values", "sent", "before MB", "after MB", "MB more", "s", "answers")


def main(words: Sequence[str]) -> int:
    asked = _asked(words)
    chosen = [one for one in HEADERS if not asked.only or one.name.lower() in asked.only]
    if not chosen:
        sys.exit(f"No such header. There are: {', '.join(sorted({one.name for one in HEADERS}))}")
    print(described(), flush=True)
    with LocalStack(ProcessCounts(workers=1, environ=ENVIRON)) as stack:
        stack.offer(CODE, 1_000)
        _send_warm_up(stack)
        print(COLUMNS.format(*TITLES), flush=True)
        first_mb = _resident_mb(stack)
        grown = {f"{one.name}, {one.title}": _grown_mb(stack, one, asked.values) for one in chosen}
        print(f"all of them: {first_mb:.1f} MB before, {_resident_mb(stack):.1f} after")
    faults = [f"{name}: {mb:.1f} MB" for name, mb in grown.items() if mb > asked.most_mb]
    print(f"No header makes it grow by {asked.most_mb:g} MB." if not faults else "BROKEN:")
    for fault in faults:
        print(f"  {fault}")
    return 1 if faults else 0


def _send_warm_up(stack: LocalStack) -> None:
    """What is made at the first asking, of each route, is not a header's."""
    for path in sorted({one.path for one in HEADERS}):
        headers = ({FORWARDED_FOR: address} for address in itertools.islice(_senders(), WARM_UP))
        asyncio.run(send_all(stack.port, path.replace("{code}", CODE), headers))


def _grown_mb(stack: LocalStack, header: Header, values: int) -> float:
    before_mb, began = _resident_mb(stack), time.monotonic()
    path = header.path.replace("{code}", CODE)
    statuses = asyncio.run(send_all(stack.port, path, _headers(stack, header, values)))
    after_mb = _resident_mb(stack)
    print(
        COLUMNS.format(
            header.name,
            header.title,
            statuses.total(),
            f"{before_mb:.1f}",
            f"{after_mb:.1f}",
            f"{after_mb - before_mb:.1f}",
            f"{time.monotonic() - began:.0f}",
            _told(statuses),
        ),
        flush=True,
    )
    return after_mb - before_mb


def _headers(stack: LocalStack, header: Header, values: int) -> Iterator[dict[str, str]]:
    """One request's each; the header that is measured comes last, also where it names a sender."""
    for value, address in zip(header.values(stack, values), _senders(), strict=False):
        yield {FORWARDED_FOR: address, header.name: value}


def _senders() -> Iterator[str]:
    return itertools.cycle(ADDRESSES)


def _resident_mb(stack: LocalStack) -> float:
    """Of the process that serves: the largest of the command's."""
    return max(memory_mb(pid) for pid in family(stack.processes["web"].pid)[1:])


def _told(statuses: Counter[int]) -> str:
    return ", ".join(f"{count:,} x {status}" for status, count in sorted(statuses.items()))


def _asked(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.header_memory",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--values", type=int, default=100_000, help="of each (default: 100,000)")
    parser.add_argument(
        "--most-mb", type=float, default=64.0, help="that a header may add (default: 64)"
    )
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        type=str.lower,
        metavar="HEADER",
        help="a header's name; may be given again (default: all)",
    )
    asked = parser.parse_args(words)
    if asked.values < 1:
        parser.error("--values must be above 0")
    return asked


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
