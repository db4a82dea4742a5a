"""`waitroom site room`: creates the rooms of sites, shows them, and changes their settings."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer
from rich.text import Text

from cli.coupon import Code, Draft, Json, parse_time
from cli.room_options import with_room_options
from cli.tables import make_rows, make_table, to_the_second
from domain.sites.settings_spec import SETTINGS_OF_SITE_ROOMS
from domain.sites.site_room import NEVER, SiteRoom
from domain.sites.site_settings import split_settings
from issuance.sites import site_rooms
from processes.settings.reader import BadSettings
from processes.stores import (
    WHO,
    apply_room,
    console,
    open_postgres,
    open_postgres_for_change,
    print_json,
    read_postgres_time,
)
from web.schemas.sites import SiteRoomOut

app = typer.Typer(no_args_is_help=True, help="Create, list, show and change rooms of sites.")

_OF_NEW_ROOMS = [one for one in SETTINGS_OF_SITE_ROOMS if one.is_of_new_rooms]


@app.command()
@with_room_options(_OF_NEW_ROOMS, with_defaults=True)
def create(
    code: Code,
    site: Annotated[str, typer.Option(help="The site's code.")],
    title: Annotated[str, typer.Option(help="What visitors read above the line.")],
    opens_at: Annotated[str | None, typer.Option(help="RFC 3339; default: now.")] = None,
    closes_at: Annotated[str | None, typer.Option(help="RFC 3339; default: never.")] = None,
    draft: Draft = False,
    as_json: Json = False,
    **settings: Any,
) -> None:
    """Create a room of a site."""
    now = read_postgres_time()
    with open_postgres_for_change() as engine:
        try:
            of_all, own = split_settings(settings)
            made = site_rooms.create_site_room(
                engine,
                site,
                code,
                title=title,
                opens_at=parse_time(opens_at) if opens_at else now,
                closes_at=parse_time(closes_at) if closes_at else None,
                room_settings=of_all,
                settings=own,
                stage="draft" if draft else "published",
                who=WHO,
                now=now,
            )
        except ValueError as error:
            raise BadSettings(str(error)) from None
    apply_room(made.room)
    _show(made, as_json=as_json)


@app.command(name="list")
def list_rooms(as_json: Json = False) -> None:
    """List the rooms of sites, sorted by opening."""
    with open_postgres() as engine:
        found = site_rooms.list_site_rooms(engine)
    if as_json:
        print_json([_as_json(one) for one in found])
        return
    table = make_table("code", "site", "state", "opens", "closes", "title")
    for one in found:
        state = one.room.settings.state
        title = Text(one.title)
        table.add_row(one.code, one.site.code, state, *_schedule(one), title)
    console.print(table)


@app.command()
def show(code: Code, as_json: Json = False) -> None:
    """Show a room's site, schedule and settings; `waitroom room show` has its live figures."""
    with open_postgres() as engine:
        _show(site_rooms.get_site_room(engine, code), as_json=as_json)


@app.command(name="set")
@with_room_options(SETTINGS_OF_SITE_ROOMS, with_defaults=False)
def change(
    code: Code,
    title: Annotated[str | None, typer.Option(help="What visitors read.")] = None,
    opens_at: Annotated[str | None, typer.Option(help="RFC 3339.")] = None,
    closes_at: Annotated[str | None, typer.Option(help="RFC 3339, or never.")] = None,
    as_json: Json = False,
    **settings: Any,
) -> None:
    """Change a room while it runs; every process applies it within a second."""
    fields: dict[str, Any] = {
        "title": title,
        "opens_at": _parse(opens_at),
        "closes_at": _parse(closes_at),
    }
    now = read_postgres_time()
    with open_postgres_for_change() as engine:
        try:
            changed = site_rooms.change_site_room(
                engine, code, lambda one: one.change(**fields, **settings), who=WHO, now=now
            )
        except ValueError as error:
            raise BadSettings(str(error)) from None
    apply_room(changed.room)
    _show(changed, as_json=as_json)


def _parse(text: str | None) -> datetime | None:
    if text == "never":
        return NEVER
    return parse_time(text) if text else None


def _schedule(one: SiteRoom) -> tuple[str, str]:
    closes = to_the_second(one.closes_at) if one.closes_at else "never"
    return to_the_second(one.room.opens_at), closes


def _as_json(one: SiteRoom) -> dict[str, object]:
    return SiteRoomOut.from_site_room(one).model_dump(mode="json")


def _show(one: SiteRoom, *, as_json: bool) -> None:
    if as_json:
        print_json(_as_json(one))
        return
    opens, closes = _schedule(one)
    rows = {"code": one.code, "site": one.site.code, "title": one.title}
    rows |= {"opens_at": opens, "closes_at": closes}
    values = SiteRoomOut.from_site_room(one).model_dump()
    rows |= {setting.name: str(values[setting.name]) for setting in SETTINGS_OF_SITE_ROOMS}
    console.print(make_rows(rows))
