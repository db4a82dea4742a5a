"""`waitroom crowd`: its options. The command itself is in load/crowd/run_and_verify.py."""

from __future__ import annotations

from typing import Annotated

import typer

from load.crowd.options import CrowdOptions
from load.crowd.target_options import Anywhere, Url


def crowd(
    code: Annotated[str, typer.Argument(help="The coupon's code.")],
    members: Annotated[int, typer.Option(min=1, max=1_000_000, help="Simulated members.")] = 1_000,
    within: Annotated[float, typer.Option(min=0, help="Seconds in which all arrive.")] = 1.0,
    double_click: Annotated[
        bool, typer.Option(help="Each member enters five times at once.")
    ] = False,
    connections: Annotated[
        int, typer.Option(min=1, max=15_000, help="Connections open at once.")
    ] = 500,
    url: Url = None,
    give_up: Annotated[float, typer.Option(min=1, help="Time limit, s.")] = 300.0,
    anywhere: Anywhere = False,
    addresses: Annotated[
        int,
        typer.Option(min=0, max=60_000, help="Simulated client addresses; see docs/load.md."),
    ] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the verdict as JSON.")] = False,
) -> None:
    """Send simulated members through the API, and compare their outcomes with Postgres."""
    # Imported here: it takes long, and `--help` does not need it.
    from load.crowd.run_and_verify import run_and_verify

    options = CrowdOptions(
        url or "", code, members, within, connections, double_click, give_up, addresses=addresses
    )
    raise typer.Exit(run_and_verify(options, anywhere=anywhere, as_json=as_json))
