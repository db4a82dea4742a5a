"""The rows of the form of rate steps: a time and a rate each; an empty row is none."""

from __future__ import annotations

from typing import NamedTuple

from fastapi import Request

from domain.invalid_value import InvalidValue
from domain.planning.rate_steps import RATE, RATE_STEPS_MAX, RateStep
from domain.room import Room
from web.i18n import Language, find_language
from web.pages.admin.coupon_form import format_field, parse_local, read_field, reader_of
from web.pages.admin.labels import FieldError

# Further rows for new steps; after saving there are as many again.
EMPTY_ROWS = 3


class StepRow(NamedTuple):
    """The texts of one row, and whether the step is over."""

    at: str
    rate: str
    is_over: bool = False


def rows_of(room: Room, language: Language) -> list[StepRow]:
    """The room's steps, and empty rows for new ones."""
    next_at = room.next_step_at
    rows = [
        StepRow(
            format_field(step.at, language),
            format_field(step.rate_per_s, language),
            next_at is None or step.at < next_at,
        )
        for step in room.rate_steps
    ]
    return rows + [StepRow("", "")] * min(EMPTY_ROWS, RATE_STEPS_MAX - len(rows))


async def read_rows(
    request: Request,
) -> tuple[list[StepRow], list[RateStep], FieldError | None]:
    """The rows as typed, their steps by time, and what is wrong with the first wrong one."""
    async with request.form(max_files=0, max_fields=2 * RATE_STEPS_MAX + 2 * EMPTY_ROWS) as sent:
        times = [str(text).strip() for text in sent.getlist("at")]
        rates = [str(text).strip() for text in sent.getlist("rate")]
    zone = find_language(request).zone
    rows = [StepRow(at, rate) for at, rate in zip(times, rates, strict=False)]
    steps: list[RateStep] = []
    for row in rows:
        if not row.at and not row.rate:
            continue
        try:
            at = read_field(parse_local, row.at, zone)
            steps.append(RateStep(at, reader_of(RATE)(row.rate)))
        except InvalidValue as error:
            return rows, [], error
        except ValueError as error:
            return rows, [], str(error)
    return rows, sorted(steps, key=lambda step: step.at), None
