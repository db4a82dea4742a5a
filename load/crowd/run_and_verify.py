"""Sends a crowd, compares its answers with Postgres, and prints the verdict."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import Any

import aiohttp
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from load.crowd.observations import Observations, Timings
from load.crowd.options import CrowdOptions
from load.crowd.report import print_verdict
from load.crowd.run import fetch_coupon, run_crowd
from load.crowd.target import find_target
from load.crowd.verdict import verdict
from processes.open_files import raise_limit
from processes.settings.reader import BadSettings
from web.auth.member_tokens import MemberTokens

console = Console(stderr=True)


def run_and_verify(options: CrowdOptions, *, anywhere: bool, as_json: bool) -> int:
    """Returns 0 if every promise was kept, else 1. Raises BadSettings if nothing could be sent."""
    target = find_target(options.base_url, anywhere=anywhere)
    options = replace(options, base_url=target.base_url)
    raise_limit()
    began = time.monotonic()
    try:
        coupon = asyncio.run(fetch_coupon(target.base_url, options.code))
        seen, timings = _run_with_bar(options, target.identity, direct=coupon["issuing"] != "queue")
    except aiohttp.ClientError as error:
        raise BadSettings(f"There is no server at {target.base_url}: {error}") from None
    except KeyError as error:
        raise BadSettings(str(error.args[0])) from None
    rows = target.rows(options.code)
    judged = verdict(seen, total_count=int(str(coupon["total_count"])), holders=rows)
    print_verdict(judged, timings, time.monotonic() - began, as_json=as_json)
    return 0 if judged.is_good else 1


def _run_with_bar(
    options: CrowdOptions, identity: MemberTokens, *, direct: bool
) -> tuple[list[Observations], Timings]:
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("[green]{task.fields[issued]:,} got one[/green]"),
        TextColumn("{task.fields[refused]:,} were refused"),
        TextColumn("[red]{task.fields[failed]:,} failed[/red]"),
        console=console,
    )
    counts: dict[str, Any] = {"issued": 0, "refused": 0, "failed": 0}
    with progress:
        task = progress.add_task("told", total=options.members, **counts)

        def seen(one: Observations) -> None:
            counts[one.final] += 1
            progress.update(task, advance=1, **counts)

        def sign(member_id: str) -> str:
            return identity.sign(member_id, valid_s=int(options.give_up_s) + 600)

        return asyncio.run(run_crowd(options, sign, direct=direct, seen=seen))
