"""The forecast of a sale in one sentence: in the form as it is filled in, and in the CLI."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from domain.forecast.sale_forecast import forecast_sale
from domain.settings_spec import SIZE_MAX
from web.dependencies import Admin
from web.i18n import Language, find_language, to_translate
from web.pages.admin.coupon_form import OF_COUPON, OF_ROOM
from web.pages.admin.labels import label
from web.pages.admin.status_sentence import rate
from web.pages.formatting import seconds
from web.pages.render import page

router = APIRouter(prefix="/admin/forecast", include_in_schema=False)

PEOPLE = "people"
PEOPLE_MAX = SIZE_MAX
# The forecast calls a sale that is shorter than a second one of a second.
SHORTEST_S = 1.0
_SOLD_OUT = to_translate(
    "%(coupons)s coupons for about %(people)s people at %(rate)s/s: gone in %(wait)s, longest wait "
    "%(wait)s. %(miss)s miss out."
)
_ENOUGH = to_translate(
    "%(coupons)s coupons for about %(people)s people at %(rate)s/s: everybody has one in %(wait)s, "
    "and %(left)s are left."
)
_FULL = to_translate("%(count)s find the line full at first: raise “%(label)s”.")
Text = Annotated[str, Query(max_length=20)]


@router.get("")
async def forecast(
    request: Request,
    _who: Admin,
    people: Text = "",
    total_count: Text = "",
    rate_per_s: Text = "",
    size_max: Text = "",
) -> Response:
    """The sentence as a fragment, for the numbers that stand in the form now."""
    texts = {"total_count": total_count, "rate_per_s": rate_per_s, "size_max": size_max}
    words = forecast_of_form(texts, people, find_language(request))
    return page(request, "admin/_forecast.html", forecast=words)


def forecast_of_form(texts: Mapping[str, str], people: str, language: Language) -> str:
    """The sentence; empty while a number is missing or wrong."""
    try:
        expected = OF_COUPON["total_count"](people)
        coupons = OF_COUPON["total_count"](texts.get("total_count", ""))
        rate_per_s = OF_ROOM["rate_per_s"](texts.get("rate_per_s", ""))
        size_max = OF_ROOM["size_max"](texts.get("size_max", ""))
    except ValueError:
        return ""
    if min(coupons, rate_per_s, size_max) <= 0 or not 1 <= expected <= PEOPLE_MAX:
        return ""
    return forecast_sentence(
        language, coupons=coupons, people=expected, rate_per_s=rate_per_s, size_max=size_max
    )


def forecast_sentence(
    language: Language, *, coupons: int, people: int, rate_per_s: float, size_max: int
) -> str:
    """What to expect of this sale, in numbers."""
    ahead = forecast_sale(coupons=coupons, people=people, rate_per_s=rate_per_s, size_max=size_max)
    number = language.number
    words = language.gettext(
        _SOLD_OUT if ahead.will_miss_out else _ENOUGH,
        coupons=number(coupons),
        people=number(people),
        rate=rate(language, rate_per_s),
        wait=seconds(language, max(SHORTEST_S, round(ahead.ends_in_s))),
        miss=number(ahead.will_miss_out),
        left=number(ahead.left),
    )
    if not ahead.no_room_for:
        return words
    full = language.gettext(
        _FULL, count=number(ahead.no_room_for), label=label(language, "size_max")
    )
    return f"{words} {full}"
