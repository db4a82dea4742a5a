"""`waitroom coupon set`: changes a coupon after its creation."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.changes.confirm import Yes, confirm_change
from cli.coupon import Code, Json, app, parse_discount, parse_time, show_offer
from domain.coupon import Coupon
from domain.inventory import TOTAL_COUNT_MAX
from domain.refusals import AlreadyStarted
from domain.room_settings import RoomSettings
from issuance import offers
from issuance.offers import Offer
from processes.settings.reader import BadSettings
from processes.stores import WHO, apply_offer, open_postgres_for_change, read_postgres_time


@app.command(name="set")
def set_coupon(
    code: Code,
    description: Annotated[str | None, typer.Option(help="What members read.")] = None,
    total: Annotated[
        int | None,
        typer.Option(help=f"Number of coupons, 1 to {TOTAL_COUNT_MAX:,}; not below those issued."),
    ] = None,
    opens_at: Annotated[str | None, typer.Option(help="RFC 3339; until one is issued.")] = None,
    expire_date: Annotated[
        str | None, typer.Option(help="RFC 3339; only later once one is issued.")
    ] = None,
    amount: Annotated[int | None, typer.Option(help="Amount off; until one is issued.")] = None,
    percent: Annotated[
        int | None, typer.Option(help="Percentage off; until one is issued.")
    ] = None,
    cap: Annotated[int | None, typer.Option(help="The most that a percentage takes off.")] = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Change a coupon; every process applies it within a second. Its line: `room set`."""
    has_discount = (amount, percent, cap) != (None, None, None)
    times = {"opens_at": opens_at, "expire_date": expire_date}
    parsed = {name: parse_time(text) for name, text in times.items() if text is not None}
    given = {"description": description, "total_count": total}
    if not (has_discount or parsed or any(value is not None for value in given.values())):
        raise BadSettings("Nothing to change: give at least one option, such as --total 1200.")

    def alter(offer: Offer) -> tuple[Coupon, RoomSettings | None]:
        changed = offer.coupon.change(
            description=description,
            total_count=total,
            discount=parse_discount(amount, percent, cap) if has_discount else None,
            **parsed,
        )
        return changed, offer.settings

    now = read_postgres_time()
    with open_postgres_for_change() as engine:
        try:
            confirm_change(offers.get_offer(engine, code), alter, yes=yes)
            changed = offers.change_offer(
                engine, code, alter, who=WHO, what="coupon changed", now=now
            )
        except (ValueError, AlreadyStarted) as error:
            raise BadSettings(str(error)) from None
    apply_offer(changed)
    show_offer(changed, as_json=as_json)
