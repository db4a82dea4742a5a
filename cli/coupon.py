"""`waitroom coupon`: creates, lists and shows coupons; coupon_set.py changes them."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import uuid4

import typer
from rich.text import Text

from cli.room_options import with_room_options
from cli.tables import make_rows, make_table, to_the_second
from domain.coupon import CODE_LENGTH_MAX, ISSUING_WAYS, Coupon
from domain.discount import DiscountKind, DiscountPolicy
from domain.invalid_value import InvalidValue
from domain.inventory import TOTAL_COUNT_MAX, Inventory
from domain.room_settings import RoomSettings
from domain.settings_spec import ROOM_SETTINGS, SIZE_MAX
from issuance import offers
from issuance.issued_coupons import ISSUED_COLUMNS, issued_rows, write_csv
from issuance.offers import Offer
from processes.settings.reader import BadSettings
from processes.stores import (
    WHO,
    apply_offer,
    console,
    open_postgres,
    open_postgres_for_change,
    print_json,
    read_postgres_time,
)
from web.i18n import SOURCE, languages
from web.schemas.public import CouponOut

app = typer.Typer(no_args_is_help=True, help="Create, change, list and show coupons.")

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Draft = Annotated[
    bool, typer.Option("--draft", help="For admins only, until `waitroom room publish`.")
]
Code = Annotated[
    str, typer.Argument(help=f"The coupon's code: 1 to {CODE_LENGTH_MAX} of a-z 0-9 _ -.")
]


def parse_time(text: str) -> datetime:
    """An RFC 3339 time. Raises BadSettings if it has no time zone: this host's must not count."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise BadSettings(
            f'"{text}" is not an RFC 3339 time, such as 2026-05-01T10:00:00+09:00'
        ) from None
    if time.tzinfo is None:
        raise BadSettings(f'"{text}" has no time zone: add Z for UTC, or +09:00 for Korea')
    return time


@app.command()
@with_room_options([one for one in ROOM_SETTINGS if one.is_of_new_rooms], with_defaults=True)
def create(
    code: Code,
    total: Annotated[int, typer.Option(help=f"Number of coupons, 1 to {TOTAL_COUNT_MAX:,}.")],
    description: Annotated[str, typer.Option(help="What members read.")],
    amount: Annotated[
        int | None, typer.Option(help="Amount off, in the smallest currency unit.")
    ] = None,
    percent: Annotated[int | None, typer.Option(help="Percentage off, 1 to 100.")] = None,
    cap: Annotated[int | None, typer.Option(help="The most that a percentage takes off.")] = None,
    opens_at: Annotated[str | None, typer.Option(help="RFC 3339; default: now.")] = None,
    expire_date: Annotated[
        str | None, typer.Option(help="RFC 3339; default: 30 days after the opening.")
    ] = None,
    issuing: Annotated[str, typer.Option(help=f"One of {', '.join(ISSUING_WAYS)}.")] = "queue",
    draft: Draft = False,
    as_json: Json = False,
    **settings: Any,
) -> None:
    """Create a coupon and, if it is issued by `queue`, its line."""
    now = read_postgres_time()
    opens = parse_time(opens_at) if opens_at else now
    try:
        coupon = Coupon(
            id=uuid4(),
            code=code,
            description=description,
            discount=parse_discount(amount, percent, cap),
            inventory=Inventory(total),
            opens_at=opens,
            expire_date=parse_time(expire_date) if expire_date else opens + timedelta(days=30),
            issuing=issuing,  # type: ignore[arg-type]  # Coupon checks it
        )
        room = RoomSettings(**settings)
    except ValueError as error:
        raise BadSettings(str(error)) from None
    with_line = room if issuing == "queue" else None
    with open_postgres_for_change() as engine:
        try:
            made = offers.create_offer(
                engine, coupon, with_line, stage="draft" if draft else "published", who=WHO, now=now
            )
        except InvalidValue as error:
            raise BadSettings(str(error)) from None
    apply_offer(made)
    show_offer(made, as_json=as_json)


@app.command(name="list")
def list_coupons(as_json: Json = False) -> None:
    """List all coupons, sorted by opening."""
    with open_postgres() as engine:
        found = offers.list_offers(engine)
    now = read_postgres_time()
    if as_json:
        print_json([_as_json(offer, now) for offer in found])
    else:
        _print_list([CouponOut.from_offer(offer, now) for offer in found])


@app.command()
def show(
    code: Code,
    people: Annotated[
        int | None,
        typer.Option(min=1, max=SIZE_MAX, help="How many you expect: prints a forecast too."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show one coupon."""
    with open_postgres() as engine:
        offer = offers.get_offer(engine, code)
    show_offer(offer, as_json=as_json)
    if people is not None and not as_json:
        console.print(_forecast(offer, people))


def _forecast(offer: Offer, people: int) -> str:
    """The sale's forecast in one sentence. Raises BadSettings for a coupon without a line."""
    from web.pages.admin.sale.forecast import forecast_sentence  # a slow import

    settings = offer.settings
    if settings is None:
        raise BadSettings("A coupon without a line has no rate to forecast from.")
    return forecast_sentence(
        languages()[SOURCE],
        coupons=offer.coupon.inventory.total_count,
        people=people,
        rate_per_s=settings.rate_per_s,
        size_max=settings.size_max,
    )


@app.command()
def issued(
    code: Code,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV (RFC 4180, UTF-8).")] = False,
) -> None:
    """List the issued coupons, sorted by member id."""
    with open_postgres() as engine:
        if as_csv:
            write_csv(engine, code, sys.stdout.buffer)
            return
        table = make_table(*ISSUED_COLUMNS)
        for row in issued_rows(engine, code):
            table.add_row(*("" if value is None else str(value) for value in row))
    console.print(table)


def parse_discount(amount: int | None, percent: int | None, cap: int | None) -> DiscountPolicy:
    """The discount of two options. Raises BadSettings for neither or both, else ValueError."""
    if (amount is None) == (percent is None):
        raise BadSettings("Give either --amount or --percent, not both.")
    kind: DiscountKind = "amount" if percent is None else "percent"
    return DiscountPolicy(kind, amount or percent or 0, cap)


def _as_json(offer: Offer, now: datetime) -> object:
    return CouponOut.from_offer(offer, now).model_dump(mode="json")


def show_offer(offer: Offer, *, as_json: bool) -> None:
    """Print the coupon, as a table or as JSON."""
    now = read_postgres_time()
    if as_json:
        print_json(_as_json(offer, now))
        return
    out = CouponOut.from_offer(offer, now)
    rows = {
        "code": out.code,
        "state": out.state,
        "used_count": f"{out.used_count:,}",
        "total_count": f"{out.total_count:,}",
        "opens_at": to_the_second(out.opens_at),
        "expire_date": to_the_second(out.expire_date),
        "issuing": out.issuing,
        "description": out.description,
    }
    console.print(make_rows(rows))


def _print_list(found: list[CouponOut]) -> None:
    table = make_table("code", "state", "used", "total", "opens", "ends", "issuing", "description")
    for out in found:
        table.add_row(
            out.code,
            out.state,
            f"{out.used_count:,}",
            f"{out.total_count:,}",
            f"{out.opens_at.astimezone(UTC):%Y-%m-%d %H:%M}Z",
            f"{out.expire_date.astimezone(UTC):%Y-%m-%d %H:%M}Z",
            out.issuing,
            Text(out.description),
        )
    console.print(table)
