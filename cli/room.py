"""`waitroom room`: shows rooms, and changes their settings and branding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from cli.changes.confirm import Yes, confirm_change
from cli.coupon import Code, Json
from cli.member import member
from cli.planning import stages
from cli.planning.rate_steps import rate_steps
from cli.planning.rehearsal import rehearse
from cli.room_options import with_room_options
from cli.tables import make_rows, make_table, to_the_second
from domain.branding import Logo
from domain.coupon import Coupon
from domain.room_settings import RoomSettings
from domain.settings_spec import ROOM_SETTINGS
from issuance import audit, offers
from issuance.brandings import change_branding, change_logo
from issuance.offers import Offer
from processes.settings.reader import BadSettings
from processes.stores import (
    WHO,
    apply_offer,
    console,
    open_postgres,
    open_postgres_for_change,
    print_json,
    with_line,
)
from waitroom.errors import NoSuchRoom
from waitroom.redis_io.constants import DECISIONS_MAX
from waitroom.stats.room_stats import OLD_NAMES
from web.room_export import make_record, read_room

app = typer.Typer(no_args_is_help=True, help="Show a room, and change its settings while it runs.")
app.command()(member)
app.command("list")(stages.list_all)
app.command()(rate_steps)
app.command()(rehearse)
for command in (stages.publish, stages.clone, stages.archive, stages.unarchive):
    app.command()(command)


@app.command()
def show(code: Code, as_json: Json = False) -> None:
    """Show a room's settings and live figures."""
    values = with_line(lambda line: line.room_stats(code)).as_record()
    if as_json:
        print_json(values)
        return
    console.print(_as_rows({name: values[name] for name in values if name not in OLD_NAMES}))


def _as_rows(values: Mapping[str, object]) -> Table:
    return make_rows({name: _as_text(name, value) for name, value in values.items()})


def _as_text(name: str, value: object) -> str:
    """A time, too, as a person reads it."""
    if value is None or isinstance(value, bool):
        return "-" if value is None else "yes" if value else "no"
    if name.split("_")[-2:] == ["at", "s"] and isinstance(value, (int, float)):
        return f"{value} ({to_the_second(datetime.fromtimestamp(value, UTC))})"
    return f"{value:,}" if type(value) is int else str(value)


@app.command()
def record(code: Code) -> None:
    """Print a room's whole record as JSON: coupon, settings, figures, series, changes."""
    with open_postgres() as engine:
        offer = offers.get_offer(engine, code)
        entries = audit.list_entries(engine, subject=code, at_most=audit.ENTRIES_MAX)
    if offer.room is None:
        raise NoSuchRoom
    known = with_line(lambda line: read_room(line, code))
    print_json(make_record(offer, known, entries, with_line(lambda line: line.measure_clock())))


@app.command(name="set")
@with_room_options(ROOM_SETTINGS, with_defaults=False)
def set_room(code: Code, yes: Yes = False, **changes: Any) -> None:
    """Change settings of a room; every process applies them within a second."""

    def alter(offer: Offer) -> tuple[Coupon, RoomSettings | None]:
        if offer.settings is None:
            raise NoSuchRoom
        return offer.coupon, offer.settings.change(**changes)

    with open_postgres_for_change() as engine:
        try:
            confirm_change(offers.get_offer(engine, code), alter, yes=yes)
            changed = offers.change_offer(
                engine, code, alter, who=WHO, what="room changed", now=datetime.now(UTC)
            )
        except ValueError as error:
            raise BadSettings(str(error)) from None
    apply_offer(changed)
    assert changed.settings is not None, "checked in alter"
    console.print("Saved. The settings are:")
    console.print(_as_rows(asdict(changed.settings)))


@app.command()
def autopilot(
    code: Code,
    last: Annotated[int, typer.Option(min=1, max=DECISIONS_MAX, help="How many decisions.")] = 20,
    as_json: Json = False,
) -> None:
    """List the autopilot's decisions with their reasons, the latest last."""
    decisions = with_line(lambda line: line.autopilot.decisions(code, at_most=last))
    if as_json:
        print_json([one.as_record() for one in decisions])
        return
    table = make_table("at", "rate/s", "commit p95 ms", "queue s", "issued/s", "why")
    for one in decisions:
        p95_ms = "" if one.latency_p95_ms is None else f"{one.latency_p95_ms:,.0f}"
        at = f"{datetime.fromtimestamp(one.at_s, UTC):%H:%M:%S.%f}"[:-5] + "Z"
        numbers = (f"{one.rate_per_s:,.1f}", p95_ms, f"{one.queue_age_s:.1f}")
        table.add_row(at, *numbers, f"{one.issued_per_s:,.0f}", one.reason)
    console.print(table)


@app.command()
def brand(
    code: Code,
    name: Annotated[str | None, typer.Option(help="Site name on the pages of this room.")] = None,
    colour: Annotated[str | None, typer.Option(help="Accent colour, such as #0c6a56.")] = None,
    message: Annotated[str | None, typer.Option(help="Shown to everyone waiting.")] = None,
    return_url: Annotated[
        str | None, typer.Option(help="The shop's page where an issued coupon is used.")
    ] = None,
    logo: Annotated[Path | None, typer.Option(help="Small PNG, JPEG or WebP image.")] = None,
    no_logo: Annotated[bool, typer.Option("--no-logo", help="Use the default logo again.")] = False,
) -> None:
    """Change a room's branding; an empty value ("") restores the site's default."""
    given = {"name": name, "colour": colour, "message": message, "return_url": return_url}
    changes = {field: text for field, text in given.items() if text is not None}
    now = datetime.now(UTC)
    with open_postgres() as engine:
        try:
            if offers.get_offer(engine, code).room is None:
                raise NoSuchRoom
            changed = change_branding(engine, code, changes, who=WHO, now=now)
            if logo is not None or no_logo:
                picture = Logo(logo.read_bytes()) if logo is not None else None
                changed = change_logo(engine, code, picture, who=WHO, now=now)
        except ValueError as error:
            raise BadSettings(str(error)) from None
        except OSError as error:
            raise BadSettings(f"{logo} can't be read: {error.strerror}.") from None
    console.print("Saved; the pages show it within a second. Empty: the site's default.")
    console.print(_as_rows(asdict(changed.branding)))
