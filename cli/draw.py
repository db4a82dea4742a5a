"""`waitroom draw`: prints the record of a draw, and verifies one."""

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

app = typer.Typer(no_args_is_help=True, help="Print and verify the record of a draw.")

FAULTS_SHOWN_MAX = 20
File = Annotated[Path, typer.Argument(help="The record; - for standard input.")]


@app.command()
def record(
    code: Code,
    members: Annotated[bool, typer.Option("--members", help="Include the members' ids.")] = False,
) -> None:
    """Print the published record of a draw; with the members' ids, for audits."""
    with open_postgres() as engine:
        drawn = find_draw(engine, code)
    if drawn is None:
        raise BadSettings(f"{code} has no draw, or its lobby is not drawn yet.")
    print(drawn.as_json(with_members=members))


@app.command()
def verify(
    file: File,
    commitment: Annotated[
        str | None,
        typer.Option(
            help="The fingerprint (SHA-256) of the seed, as published before the opening."
        ),
    ] = None,
    entrants_sha256: Annotated[
        str | None,
        typer.Option(help="The fingerprint (SHA-256) of the order, as published after it."),
    ] = None,
    member: Annotated[str | None, typer.Option(help="Also print this member's place.")] = None,
) -> None:
    """Recompute the order from a published record; exit with 1 if it is wrong."""
    try:
        if member is not None:
            check_member_id(member)
    except BadMemberId as error:
        raise BadSettings(f"--member is not valid: {error}.") from None
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
        f"The draw of {drawn.room} is correct: {len(drawn.numbers):,} {named} are in the order "
        "that the seed gives."
    )
    if member is not None:
        place = drawn.find_place(member)
        result = "was not in the lobby" if place is None else f"drew place {place:,}"
        console.print(Text(f"{member} {result}."))  # Text: rich would replace `:heart:` in an id


def _read(file: Path) -> DrawRecord:
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text("utf-8")
        return DrawRecord.from_json(text)
    except (BadRecord, UnicodeDecodeError, OSError) as error:
        raise BadSettings(f"{file} is not a readable draw record: {error}.") from None
