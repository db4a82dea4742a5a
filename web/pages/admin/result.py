"""The result page: a room's totals, refusals and waiting times."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from domain.refusals import REFUSALS
from issuance.errors import NoSuchCoupon
from waitroom.errors import NoSuchRoom
from web.container import get_container, get_offer_cache
from web.dependencies import Admin, RoomCode
from web.i18n import Language, find_language
from web.pages.render import page

router = APIRouter(prefix="/admin/rooms/{code}", include_in_schema=False)


@router.get("/result")
async def result(request: Request, code: RoomCode, _who: Admin) -> Response:
    return await result_page(request, code)


async def result_page(request: Request, code: str, *, reconciled: object = None) -> Response:
    """The result page. reconciled: the differences found, if an admin has looked for them.

    Raises NoSuchRoom, LineAway, OfficeAway.
    """
    line = get_container(request).line
    try:
        offer = await get_offer_cache(request).offer(code)
    except NoSuchCoupon as error:
        raise NoSuchRoom from error
    figures, result = await line.room_stats(code), await line.summary(code)
    waiting_when_over = figures.refused_in_all - figures.refused - figures.turned_away
    return page(
        request,
        "admin/result.html",
        code=code,
        description=offer.coupon.description,
        figures=figures,
        result=result,
        waiting_when_over=waiting_when_over,
        refusals=refusals(result.refused, find_language(request)),
        turned_away=refusals(result.turned_away, find_language(request)),
        reconciled=reconciled,
    )


def refusals(counted: dict[str, int], language: Language) -> list[tuple[str, int]]:
    """The reasons in words with their counts, the largest first."""
    titles = {slug: language.gettext(kind.title) for slug, kind in REFUSALS.items()}
    return sorted(
        ((titles.get(why, why), count) for why, count in counted.items()), key=lambda one: -one[1]
    )
