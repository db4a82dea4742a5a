"""`waitroom crowd`: its options; what it does is in judge.py, which takes its time to import."""

from __future__ import annotations

from typing import Annotated

import typer

from load.crowd.options import CrowdOptions


def crowd(
    code: Annotated[str, typer.Argument(help="the coupon's code")],
    members: Annotated[int, typer.Option(min=1, max=1_000_000)] = 1_000,
    within: Annotated[float, typer.Option(min=0, help="s in which all arrive")] = 1.0,
    double_click: Annotated[bool, typer.Option(help="each enters five times at once")] = False,
    connections: Annotated[int, typer.Option(min=1, max=15_000, help="open at once")] = 500,
    url: Annotated[str | None, typer.Option(help="the server; default: BASE_URL")] = None,
    give_up: Annotated[float, typer.Option(min=1, help="s until the end")] = 300.0,
    anywhere: Annotated[
        bool, typer.Option(help="yes, to a server that isn't this machine")
    ] = False,
    addresses: Annotated[
        int, typer.Option(min=0, max=60_000, help="as if from so many; see docs/load.md")
    ] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="the verdict, for scripts")] = False,
) -> None:
    """Send a crowd through the real entrance, and judge what it was told."""
    from load.crowd.run_and_verify import run_and_verify

    options = CrowdOptions(
        url or "", code, members, within, connections, double_click, give_up, addresses=addresses
    )
    raise typer.Exit(run_and_verify(options, anywhere=anywhere, as_json=as_json))
