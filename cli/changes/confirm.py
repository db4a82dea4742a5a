"""Asks on a terminal before a dangerous change."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from application.dangers import PlannedChange, find_dangers
from issuance.offers import Alter, Offer
from processes.stores import with_line
from waitroom.errors import LineError
from web.i18n import SOURCE, languages
from web.pages.admin.questions import describe_dangers

Yes = Annotated[bool, typer.Option("--yes", help="Don't ask before a dangerous change.")]


def confirm_change(offer: Offer, alter: Alter, *, yes: bool) -> None:
    """Ask what application/dangers.py lists; end the command where the answer is no.

    Asks nobody without a terminal, nor where the line is unreachable, as its numbers are unknown.
    Raises the errors of `alter`.
    """
    coupon, settings = alter(offer)
    if yes or offer.settings is None or settings is None or not sys.stdin.isatty():
        return
    try:
        line = with_line(lambda line: line.room_stats(offer.coupon.code))
    except LineError:
        return
    dangers = find_dangers(PlannedChange(offer.coupon, offer.settings, coupon, settings, line))
    if not dangers:
        return
    question, facts = describe_dangers(dangers, languages()[SOURCE])
    for fact in facts:
        typer.echo(fact, err=True)
    typer.confirm(question, abort=True, err=True)
