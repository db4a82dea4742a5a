"""Run: sends the same crowd through each way in turn, and samples Postgres meanwhile."""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from domain.coupon import Issuing
from domain.room_settings import RoomSettings
from domain.settings_spec import BURST_MAX, RATE_PER_S_MAX
from issuance.issued_coupons import list_holders
from load.compare.comparison import Comparison
from load.compare.host import describe
from load.compare.html_report import write_report
from load.compare.options import WAYS, CompareOptions
from load.compare.results import WayResults, measure
from load.compare.sampler import PostgresSampler
from load.compare.terminal import Bars, print_comparison
from load.crowd.observations import Observations
from load.crowd.options import CrowdOptions
from load.crowd.run import arrivals, run_crowd
from processes.local_stack import LocalStack, ProcessCounts
from processes.open_files import raise_limit
from processes.settings.reader import BadSettings
from processes.signals import Ended, Signals
from processes.stores import print_json
from processes.supervisor import ENDING

# The room's rate must not be the bottleneck.
NO_RATE_LIMIT = RoomSettings(rate_per_s=RATE_PER_S_MAX, burst=BURST_MAX)
TOKEN_S = 24 * 3_600
EXIT_ENDED = 130
LOOK_EVERY_S = 0.1
R = TypeVar("R")


def run_compare(options: CompareOptions, *, as_json: bool, report: Path | None) -> int:
    """Run the comparison, and print or write it.

    Returns 0 if every way kept every promise, 1 if not, 130 if a signal ended it before. Raises
    BadSettings, EmbeddedServerError, OfficeError, LineError.
    """
    # After a signal it still ends its processes and drops its database.
    signals = Signals(*ENDING)
    raise_limit()
    try:
        return _compare_and_print(options, signals, as_json=as_json, report=report)
    except Ended:
        return EXIT_ENDED


def _compare_and_print(
    options: CompareOptions, signals: Signals, *, as_json: bool, report: Path | None
) -> int:
    if report is not None:
        _make_folder(report)
    with Bars(options) as bars:
        made = compare(options, os.environ, bars, signals)
    if report is not None:
        write_report(made, report)
    if as_json:
        print_json(made.as_json())
    else:
        print_comparison(made, report)
    return 0 if made.is_good else 1


def _make_folder(folder: Path) -> None:
    """Called first, so that a bad path fails before the minutes of measuring."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadSettings(f"--report: can't create {folder}: {error.strerror}.") from None


def compare(
    options: CompareOptions, environ: Mapping[str, str], bars: Bars, signals: Signals
) -> Comparison:
    """Measure all ways in turn, on the same servers. Raises Ended after SIGTERM or SIGINT."""
    counts = ProcessCounts(web_processes=options.web_processes, workers=options.workers)
    bars.print("Starting the servers and the product's processes ...")
    with LocalStack(counts, environ, look=signals.raise_if_ended) as stack:
        made_at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        machine = describe(stack)
        run = f"compare-{secrets.token_hex(3)}"  # another comparison may use the same Redis
        crowd = CrowdOptions(
            stack.base_url,
            run,
            options.members,
            options.within_s,
            options.connections_max,
            give_up_s=options.give_up_s,
            attempts_max=sys.maxsize,  # give_up_s limits it
            seed=options.seed,
        )
        # Sign all tokens before the run: signing would delay the arrivals.
        sign = stack.identity.sign
        tokens = {member: sign(member, valid_s=TOKEN_S) for member in arrivals(crowd)}
        ways: list[WayResults] = []
        for way in WAYS:
            if ways:
                stack.restart_web()
            one = replace(crowd, code=f"{run}-{way.replace('_', '-')}")
            bars.begin(way)
            ways.append(_one_way(stack, way, options, one, tokens, bars.seen, signals))
            signals.raise_if_ended()
            bars.end(ways[-1])
    return Comparison(options, made_at, machine, tuple(ways))


async def _until_ended(work: Coroutine[Any, Any, R], signals: Signals) -> R:
    """The result of `work`. On a signal it cancels the work and raises Ended."""
    task = asyncio.ensure_future(work)
    try:
        while not (await asyncio.wait({task}, timeout=LOOK_EVERY_S))[0]:
            signals.raise_if_ended()
        return task.result()
    finally:
        task.cancel()
        await asyncio.wait({task})


def _one_way(
    stack: LocalStack,
    way: Issuing,
    options: CompareOptions,
    crowd: CrowdOptions,
    tokens: Mapping[str, str],
    seen: Callable[[Observations], None],
    signals: Signals,
) -> WayResults:
    stack.offer(crowd.code, options.coupons, issuing=way, room=NO_RATE_LIMIT)
    with PostgresSampler(stack.environ["DATABASE_URL"], crowd.code) as sampler:
        sent = run_crowd(crowd, tokens.__getitem__, direct=way != "queue", seen=seen)
        known, timings = asyncio.run(_until_ended(sent, signals))
    with stack.postgres() as engine:
        rows = list_holders(engine, crowd.code)
    return measure(
        way,
        known,
        timings,
        sampler.looks,
        total_count=options.coupons,
        holders=rows,
        connections_bound=stack.db_connections_bound,
    )
