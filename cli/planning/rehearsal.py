"""`waitroom room rehearse`: starts and ends the rehearsal of a room."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.coupon import Code, Json
from cli.planning.stages import change_plan, show_plan
from domain.planning.rehearsal import OPENS_IN_S_DEFAULT, OPENS_IN_S_MAX
from issuance.planning.clones import end_rehearsal, start_rehearsal


def rehearse(
    code: Code,
    opens_in_s: Annotated[
        int, typer.Option("--opens-in", min=0, max=OPENS_IN_S_MAX, help="Seconds.")
    ] = OPENS_IN_S_DEFAULT,
    end: Annotated[bool, typer.Option("--end", help="End the rehearsal instead.")] = False,
    as_json: Json = False,
) -> None:
    """Start a rehearsal: a hidden copy, for everybody who knows the code that this prints."""
    if end:
        room = change_plan(end_rehearsal, code)
    else:
        room = change_plan(start_rehearsal, code, opens_in_s=opens_in_s)
    show_plan(room, as_json=as_json)
