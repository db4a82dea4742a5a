"""Run: sends the same crowd through each way in turn, and looks at Postgres meanwhile."""

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

# As fast as it can: it is the ways that are compared, not a rate that somebody has set.
UNHURRIED_BY_A_RATE = RoomSettings(rate_per_s=RATE_PER_S_MAX, burst=BURST_MAX)
TOKEN_S = 24 * 3_600
EXIT_ENDED = 130
LOOK_EVERY_S = 0.1
R = TypeVar("R")


def run_compare(options: CompareOptions, *, as_json: bool, report: Path | None) -> int:
    """0 where every way kept every promise, else 1; 130 where it was ended before it knew.

    Raises BadSettings, EmbeddedServerError, OfficeError, LineError.
    """
    # Ended by somebody's tool or by Ctrl-C, it takes its processes and its database away.
    signals = Signals(*ENDING)
    raise_limit()
    try:
        return _compare_and_say(options, signals, as_json=as_json, report=report)
    except Ended:
        return EXIT_ENDED


def _compare_and_say(
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
    """Before the minutes that a comparison takes, not after them."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadSettings(f"--report: {folder} can't be made: {error.strerror}.") from None


def compare(
    options: CompareOptions, environ: Mapping[str, str], bars: Bars, signals: Signals
) -> Comparison:
    """All ways in turn, on the same servers. Raises Ended where SIGTERM or SIGINT has come."""
    cast = ProcessCounts(web_processes=options.web_processes, workers=options.workers)
    bars.say("Starting the servers and the product's processes ...")
    with LocalStack(cast, environ, look=signals.raise_if_ended) as stage:
        made_at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        machine = describe(stage)
        run = f"compare-{secrets.token_hex(3)}"  # the Redis may have other comparisons in it
        crowd = CrowdOptions(
            stage.base_url,
            run,
            options.members,
            options.within_s,
            options.connections_max,
            give_up_s=options.give_up_s,
            attempts_max=sys.maxsize,  # until they give up
            seed=options.seed,
        )
        # Beforehand, as making them would hold up the crowd that is about to arrive.
        mint = stage.identity.sign
        tokens = {member: mint(member, valid_s=TOKEN_S) for member in arrivals(crowd)}
        ways: list[WayResults] = []
        for way in WAYS:
            if ways:
                stage.restart_web()
            one = replace(crowd, code=f"{run}-{way.replace('_', '-')}")
            bars.begin(way)
            ways.append(_one_way(stage, way, options, one, tokens, bars.seen, signals))
            signals.raise_if_ended()
            bars.end(ways[-1])
    return Comparison(options, made_at, machine, tuple(ways))


async def _until_ended(work: Coroutine[Any, Any, R], signals: Signals) -> R:
    """What the work returns. Raises Ended, the work cancelled, where a signal comes meanwhile."""
    task = asyncio.ensure_future(work)
    try:
        while not (await asyncio.wait({task}, timeout=LOOK_EVERY_S))[0]:
            signals.raise_if_ended()
        return task.result()
    finally:
        task.cancel()
        await asyncio.wait({task})


def _one_way(
    stage: LocalStack,
    way: Issuing,
    options: CompareOptions,
    crowd: CrowdOptions,
    tokens: Mapping[str, str],
    seen: Callable[[Observations], None],
    signals: Signals,
) -> WayResults:
    stage.offer(crowd.code, options.coupons, issuing=way, room=UNHURRIED_BY_A_RATE)
    with PostgresSampler(stage.environ["DATABASE_URL"], crowd.code) as watch:
        sent = run_crowd(crowd, tokens.__getitem__, direct=way != "queue", seen=seen)
        known, timings = asyncio.run(_until_ended(sent, signals))
    with stage.postgres() as engine:
        rows = list_holders(engine, crowd.code)
    return measure(
        way,
        known,
        timings,
        watch.looks,
        total_count=options.coupons,
        holders=rows,
        connections_bound=stage.db_connections_bound,
    )
