"""`waitroom room list|publish|clone|archive|unarchive`: drafts, copies and archives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from cli.coupon import Code, Json
from cli.tables import make_rows, make_table, to_the_second
from domain.coupon import CODE_LENGTH_MAX, check_code
from domain.room import Room
from issuance.planning.clones import clone_room
from issuance.planning.stages import archive_room, list_rooms, publish_room, unarchive_room
from issuance.postgres.clock import read_clock
from processes.settings.reader import BadSettings
from processes.stores import (
    WHO,
    apply_room,
    console,
    open_postgres,
    open_postgres_for_change,
    print_json,
)
from web.schemas.plans import PlanOut

NewCode = Annotated[
    str, typer.Argument(help=f"The new room's code: 1 to {CODE_LENGTH_MAX} of a-z 0-9 _ -.")
]


def list_all(
    archived: Annotated[bool, typer.Option("--archived", help="Only archived rooms.")] = False,
    as_json: Json = False,
) -> None:
    """List the rooms of all kinds with their stage, sorted by opening."""
    with open_postgres() as engine:
        found = list_rooms(engine, archived=archived)
    if as_json:
        print_json([_as_json(room) for room in found])
        return
    table = make_table("code", "kind", "stage", "state", "opens", "closes")
    for room in found:
        times = to_the_second(room.opens_at), to_the_second(room.closes_at)
        table.add_row(room.code, room.kind, room.stage, room.settings.state, *times)
    console.print(table)


def publish(code: Code, as_json: Json = False) -> None:
    """Publish a draft: members can enter it from its opening on."""
    show_plan(change_plan(publish_room, code), as_json=as_json)


def clone(code: Code, new_code: NewCode, as_json: Json = False) -> None:
    """Copy a room's settings and branding into a new draft, without its members."""
    try:
        check_code(new_code)
    except ValueError as error:
        raise BadSettings(str(error)) from None
    show_plan(change_plan(clone_room, code, new_code), as_json=as_json)


def archive(code: Code, as_json: Json = False) -> None:
    """Take a room that is over, or a draft, out of all lists; its result stays."""
    show_plan(change_plan(archive_room, code), as_json=as_json)


def unarchive(code: Code, as_json: Json = False) -> None:
    """List an archived room again."""
    show_plan(change_plan(unarchive_room, code), as_json=as_json)


def change_plan(change: Callable[..., Room], code: str, *values: Any, **named: Any) -> Room:
    """Make this change of issuance.planning, and apply the room that it returns."""
    with open_postgres_for_change() as engine:
        try:
            room = change(engine, code, *values, who=WHO, now=read_clock(engine), **named)
        except ValueError as error:
            raise BadSettings(str(error)) from None
    apply_room(room)
    return room


def _as_json(room: Room) -> dict[str, object]:
    return PlanOut.from_room(room).model_dump(mode="json")


def show_plan(room: Room, *, as_json: bool) -> None:
    """Print the room's plan, as a table or as JSON."""
    if as_json:
        print_json(_as_json(room))
        return
    archived = to_the_second(room.archived_at) if room.archived_at else "-"
    rows = {"code": room.code, "kind": room.kind, "stage": room.stage, "archived_at": archived}
    rows |= {"opens_at": to_the_second(room.opens_at), "closes_at": to_the_second(room.closes_at)}
    console.print(make_rows(rows))
