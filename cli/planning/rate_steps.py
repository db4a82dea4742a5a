"""`waitroom room rate-steps`: plans the rate of a room, step by step."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.coupon import Code, Json, parse_time
from cli.planning.stages import change_plan, show_plan
from cli.tables import make_table, to_the_second
from domain.planning.rate_steps import RateStep
from domain.room import Room
from issuance.planning.rate_steps import set_rate_steps
from issuance.planning.stages import get_room
from processes.settings.reader import BadSettings
from processes.stores import console, open_postgres
from web.schemas.plans import PlanOut


def rate_steps(
    code: Code,
    steps: Annotated[
        list[str] | None,
        typer.Argument(help="All steps, as TIME=RATE: 2026-05-01T10:05:00+09:00=200."),
    ] = None,
    clear: Annotated[bool, typer.Option("--clear", help="Remove all steps.")] = False,
    as_json: Json = False,
) -> None:
    """Plan the rate: replaces all steps, or shows them where none is given."""
    if steps and clear:
        raise BadSettings("Give either steps or --clear, not both.")
    if steps or clear:
        room = change_plan(set_rate_steps, code, [_parse_step(text) for text in steps or ()])
    else:
        with open_postgres() as engine:
            room = get_room(engine, code)
    if as_json:
        show_plan(room, as_json=True)
    else:
        _print_steps(room)


def _parse_step(text: str) -> RateStep:
    at, equals, rate = text.rpartition("=")
    if not equals:
        raise BadSettings(f'"{text}" is not TIME=RATE, such as 2026-05-01T10:05:00+09:00=200')
    try:
        return RateStep(parse_time(at), float(rate))
    except ValueError as error:
        raise BadSettings(f'"{text}": {error}') from None


def _print_steps(room: Room) -> None:
    table = make_table("at", "rate/s", "over")
    for step in PlanOut.from_room(room).rate_steps:
        is_over = "yes" if step.is_over else "no"
        table.add_row(to_the_second(step.at), f"{step.rate_per_s:g}", is_over)
    console.print(table)
