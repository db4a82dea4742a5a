"""The result page: a room's totals, refusals and waiting times."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from domain.refusals import REFUSALS
from issuance.errors import NoSuchCoupon
from issuance.history.minutes import list_minutes
from issuance.issued_coupons import IssuedTimes, issued_times
from waitroom.errors import NoSuchRoom
from waitroom.stats.summary import RoomSummary
from web.container import get_container, get_offer_cache, get_office
from web.dependencies import Admin, RoomCode
from web.i18n import Language, find_language
from web.pages.admin.changes import last_changes
from web.pages.admin.result_chart import result_chart
from web.pages.admin.sale.comparison import told_in_line
from web.pages.formatting import seconds
from web.pages.render import page

# Codes that the result suggests to compare with; any other can be typed.
COMPARED_MAX = 50
router = APIRouter(prefix="/admin/rooms/{code}", include_in_schema=False)


@router.get("/result")
async def result(request: Request, code: RoomCode, _who: Admin) -> Response:
    return await result_page(request, code)


async def result_page(request: Request, code: str, *, reconciled: object = None) -> Response:
    """The result page. reconciled: the differences found, if an admin has looked for them.

    Raises NoSuchRoom, LineAway, OfficeAway.
    """
    parts, language, office = get_container(request), find_language(request), get_office(request)
    try:
        offer = await get_offer_cache(request).any_offer(code)
    except NoSuchCoupon as error:
        raise NoSuchRoom from error
    figures, result = await parts.line.room_stats(code), await parts.line.summary(code)
    issued = await office.run(issued_times, parts.engine, code)
    minutes = await office.run(list_minutes, parts.engine, code)
    return page(
        request,
        "admin/result.html",
        code=code,
        description=offer.coupon.description,
        figures=figures,
        result=result,
        sentence=result_sentence(result, issued, language),
        chart=result_chart(minutes),
        changes=await last_changes(request, code),
        waiting_when_over=told_in_line(figures),
        others=await other_codes(request, code),
        refusals=refusals(result.refused, language),
        turned_away=refusals(result.turned_away, language),
        reconciled=reconciled,
    )


async def other_codes(request: Request, code: str) -> list[tuple[str, str]]:
    """The rooms to compare with: their codes and descriptions, the latest first."""
    offers = reversed(await get_offer_cache(request).all_offers())
    others = [
        one.coupon for one in offers if one.has_pages and one.room and one.coupon.code != code
    ]
    return [(one.code, one.description) for one in others[:COMPARED_MAX]]


def result_sentence(result: RoomSummary, issued: IssuedTimes, language: Language) -> str:
    """The whole sale in one or two sentences; the coupons are counted in Postgres."""
    _, number = language.gettext, language.number
    if issued.first is None or issued.last is None:
        return _("Nobody has a coupon. %(entered)s came.", entered=number(result.entered))
    took_s = max(1, round((issued.last - issued.first).total_seconds()))
    went = _(
        "%(issued)s coupons went to %(issued)s members in %(took)s, one each.",
        issued=number(issued.total),
        took=seconds(language, took_s),
    )
    if result.wait_median_s is None:
        return went
    came = _(
        "%(entered)s came; half of those who had their turn waited at most %(median)s.",
        entered=number(result.entered),
        median=seconds(language, round(result.wait_median_s)),
    )
    return f"{went} {came}"


def refusals(counted: dict[str, int], language: Language) -> list[tuple[str, int]]:
    """The reasons in words with their counts, the largest first."""
    titles = {slug: language.gettext(kind.title) for slug, kind in REFUSALS.items()}
    return sorted(
        ((titles.get(why, why), count) for why, count in counted.items()), key=lambda one: -one[1]
    )
