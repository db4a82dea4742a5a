"""`waitroom compare`: its options. The command itself is in load/compare/run.py."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from load.compare.options import MEMBERS_PER_COUPON, CompareOptions


def compare(
    coupons: Annotated[int, typer.Option(min=1, max=100_000, help="Coupons for each way.")] = 1_000,
    members: Annotated[
        int | None,
        typer.Option(min=1, max=1_000_000, help="Simulated members; default: ten a coupon."),
    ] = None,
    within: Annotated[float, typer.Option(min=0, help="Seconds in which all arrive.")] = 1.0,
    connections: Annotated[
        int, typer.Option(min=1, max=15_000, help="Connections of the crowd.")
    ] = 200,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Workers for the way `queue`.")] = 2,
    web_processes: Annotated[int, typer.Option(min=1, max=64, help="Web processes.")] = 1,
    seed: Annotated[int, typer.Option(help="Fixes the members and their arrivals.")] = 1,
    give_up: Annotated[float, typer.Option(min=1, help="Time limit of each way, s.")] = 900.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print all figures as JSON.")] = False,
    report: Annotated[
        Path | None,
        typer.Option(file_okay=False, help="Folder to write index.html and compare.json to."),
    ] = None,
) -> None:
    """Send the same crowd through each of the four ways to issue, and compare them."""
    # Imported here: it takes long, and `--help` does not need it.
    from load.compare.run import run_compare

    options = CompareOptions(
        coupons=coupons,
        members=members or MEMBERS_PER_COUPON * coupons,
        within_s=within,
        connections_max=connections,
        workers=workers,
        web_processes=web_processes,
        seed=seed,
        give_up_s=give_up,
    )
    raise typer.Exit(run_compare(options, as_json=as_json, report=report))
