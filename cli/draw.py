"""`waitroom draw`: what was drawn of a lobby, and whether it was drawn as promised."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from cli.coupon import Code
from domain.draw_record import BadRecord, DrawRecord, find_faults
from domain.member import BadMemberId, check_member_id
from issuance.draws import find_draw
from processes.settings.reader import BadSettings
from processes.stores import console, open_postgres

app = typer.Typer(no_args_is_help=True, help="Show what was drawn of a lobby, and check a draw.")

FAULTS_SHOWN_MAX = 20
File = Annotated[Path, typer.Argument(help="the record; - for standard input")]


@app.command()
def record(
    code: Code,
    members: Annotated[bool, typer.Option("--members", help="with the members' ids")] = False,
) -> None:
    """Print the record of a draw, as it is published; with ids, for whoever audits it."""
    with open_postgres() as engine:
        drawn = find_draw(engine, code)
    if drawn is None:
        raise BadSettings(f"The lobby of {code} was not drawn: it has no draw, or not yet.")
    print(drawn.as_json(with_members=members))


@app.command()
def verify(
    file: File,
    commitment: Annotated[
        str | None, typer.Option(help="the seed's SHA-256, as shown before the opening")
    ] = None,
    entrants_sha256: Annotated[
        str | None, typer.Option(help="the entrants' SHA-256, as shown after it")
    ] = None,
    member: Annotated[str | None, typer.Option(help="whose place to say")] = None,
) -> None:
    """Recompute the order from a published record; ends with 1 where it is not as it must be."""
    try:
        if member is not None:
            check_member_id(member)
    except BadMemberId as error:
        raise BadSettings(f"--member can't be taken: {error}.") from None
    drawn = _read(file)
    faults = find_faults(drawn, commitment=commitment, entrants_sha256=entrants_sha256)
    if faults:
        for fault in faults[:FAULTS_SHOWN_MAX]:
            console.print(Text(fault, "red"), highlight=False)
        if len(faults) > FAULTS_SHOWN_MAX:
            console.print(f"... and {len(faults) - FAULTS_SHOWN_MAX:,} more.")
        raise typer.Exit(1)
    named = "members and their numbers" if drawn.members is not None else "numbers"
    console.print(
        f"The draw of {drawn.room} is as promised: {len(drawn.numbers):,} {named} in the order "
        "that the seed gives."
    )
    if member is not None:
        place = drawn.find_place(member)
        said = "was not in the lobby" if place is None else f"drew place {place:,}"
        console.print(Text(f"{member} {said}."))  # a plain string would have emoji for `:heart:`


def _read(file: Path) -> DrawRecord:
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text("utf-8")
        return DrawRecord.from_json(text)
    except (BadRecord, UnicodeDecodeError, OSError) as error:
        raise BadSettings(f"{file} can't be read as the record of a draw: {error}.") from None
