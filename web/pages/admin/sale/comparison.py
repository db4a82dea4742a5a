"""Two sales side by side: the same figures, and charts with the same scales."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from domain.coupon import is_code
from issuance.errors import NoSuchCoupon
from issuance.history.minutes import Minute, list_minutes
from issuance.issued_coupons import IssuedTimes, issued_times
from issuance.offers import Offer
from waitroom.errors import NoSuchRoom
from waitroom.stats.room_stats import RoomStats
from waitroom.stats.summary import RoomSummary
from web.container import get_container, get_offer_cache, get_office
from web.dependencies import Admin, RoomCode
from web.i18n import Language, find_language
from web.pages.admin.gauges import UNKNOWN
from web.pages.admin.result_chart import ResultChart, common_scale, result_chart
from web.pages.formatting import seconds
from web.pages.render import page

router = APIRouter(prefix="/admin/rooms/{code}", include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Sale:
    """What is known of one room's sale."""

    offer: Offer
    figures: RoomStats
    summary: RoomSummary
    issued: IssuedTimes
    minutes: Sequence[Minute]


@dataclass(frozen=True, slots=True)
class ComparedFigure:
    label: str
    values: tuple[str, str]


@router.get("/compare")
async def compare(
    request: Request,
    code: RoomCode,
    _who: Admin,
    other: Annotated[str, Query(alias="with", max_length=64)] = "",
) -> Response:
    """This sale beside another one; without one, the way to choose it."""
    other, language = other.strip(), find_language(request)
    first = await _sale(request, code)
    if not other:
        return page(request, "admin/compare.html", sales=(first,), missing="", figures=())
    try:
        if not is_code(other):
            raise NoSuchRoom
        second = await _sale(request, other)
    except NoSuchRoom:
        return page(
            request, "admin/compare.html", status=404, sales=(first,), missing=other, figures=()
        )
    scale = common_scale(first.minutes, second.minutes)
    charts: list[ResultChart | None] = [
        result_chart(one.minutes, scale=scale) for one in (first, second)
    ]
    return page(
        request,
        "admin/compare.html",
        sales=(first, second),
        missing="",
        charts=charts,
        figures=compared_figures(first, second, language),
    )


async def _sale(request: Request, code: str) -> Sale:
    """Raises NoSuchRoom, LineAway, OfficeAway."""
    parts, office = get_container(request), get_office(request)
    try:
        offer: Offer = await get_offer_cache(request).offer(code)
    except NoSuchCoupon as error:
        raise NoSuchRoom from error
    if offer.room is None:
        raise NoSuchRoom
    return Sale(
        offer,
        await parts.line.room_stats(code),
        await parts.line.summary(code),
        await office.run(issued_times, parts.engine, code),
        await office.run(list_minutes, parts.engine, code),
    )


def compared_figures(first: Sale, second: Sale, language: Language) -> list[ComparedFigure]:
    """The figures of both in words, in the order of the table."""
    columns = _column(first, language), _column(second, language)
    return [
        ComparedFigure(label, (value, columns[1][label])) for label, value in columns[0].items()
    ]


def _column(sale: Sale, language: Language) -> dict[str, str]:
    _, number, result = language.gettext, language.number, sale.summary

    def wait(found_s: float | None) -> str:
        return UNKNOWN if found_s is None else seconds(language, found_s)

    took_s = None
    if sale.issued.first is not None and sale.issued.last is not None:
        took_s = max(1.0, round((sale.issued.last - sale.issued.first).total_seconds()))
    peak = max((one.waiting_max or 0 for one in sale.minutes), default=0)
    return {
        _("Quantity"): number(sale.offer.coupon.inventory.total_count),
        # From Postgres, as the sentence of the result.
        _("Got a coupon"): number(sale.issued.total),
        _("From the first coupon to the last"): wait(took_s),
        _("Entered"): number(result.entered),
        _("Most waiting"): number(max(peak, sale.figures.waiting_peak)),
        _("Wait, median"): wait(result.wait_median_s),
        _("Wait, p95"): wait(result.wait_p95_s),
        _("Longest wait"): wait(result.wait_longest_s),
        _("Left the line"): number(result.left),
        _("Skipped"): number(result.passed_over),
        _("Refused after admission"): number(sum(result.refused.values())),
        _("Told in line that it was over"): number(told_in_line(sale.figures)),
        _("Refused at entry, each try"): number(sum(result.turned_away.values())),
    }


def told_in_line(figures: RoomStats) -> int:
    """Members who waited until the sale was over: neither refused at entry nor after admission."""
    return figures.refused_in_all - figures.refused - figures.turned_away
