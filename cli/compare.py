"""`waitroom compare`: its options; what it does is in run.py, which takes its time to import."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from load.compare.options import MEMBERS_PER_COUPON, CompareOptions


def compare(
    coupons: Annotated[int, typer.Option(min=1, max=100_000, help="for each way")] = 1_000,
    members: Annotated[
        int | None,
        typer.Option(min=1, max=1_000_000, help="default: ten for each coupon"),
    ] = None,
    within: Annotated[float, typer.Option(min=0, help="s in which all arrive")] = 1.0,
    connections: Annotated[
        int, typer.Option(min=1, max=15_000, help="of the crowd, open at once")
    ] = 200,
    workers: Annotated[int, typer.Option(min=1, max=64, help="for the way `queue`")] = 2,
    web_processes: Annotated[int, typer.Option(min=1, max=64)] = 1,
    seed: Annotated[int, typer.Option(help="the same one: the same members and arrivals")] = 1,
    give_up: Annotated[float, typer.Option(min=1, help="s until a way is ended")] = 900.0,
    as_json: Annotated[bool, typer.Option("--json", help="all figures, for scripts")] = False,
    report: Annotated[
        Path | None, typer.Option(file_okay=False, help="a folder for index.html, compare.json")
    ] = None,
) -> None:
    """The four ways to issue, one after another, under the same crowd, side by side."""
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
