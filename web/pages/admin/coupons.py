"""The console's coupons: the list, creating one, and changing one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError

from application.dangers import PlannedChange
from domain.coupon import Coupon
from domain.invalid_value import InvalidValue
from domain.refusals import AlreadyStarted
from domain.room_settings import RoomSettings
from issuance.errors import CodeTaken
from issuance.offers import Alter, Offer
from waitroom.errors import LineAway, NoSuchRoom
from waitroom.stats.room_stats import RoomStats
from web.api.admin import create_coupon
from web.container import get_container, get_offer_cache, get_offer_changes
from web.dependencies import Admin, CouponCode, Operator
from web.i18n import Language, find_language, to_translate
from web.pages.admin.coupon_form import (
    OF_COUPON,
    OF_ROOM,
    RATE_BOUNDS,
    CouponForm,
    Errors,
    discount_in,
    form_field,
    form_from_offer,
    form_values,
    fresh_form,
    parse_texts,
    refused,
    with_texts,
)
from web.pages.admin.coupon_form_page import edit_page, form_page
from web.pages.admin.plan_labels import title_for_admins
from web.pages.admin.questions import CONFIRMED, Question, edit_question
from web.pages.admin.sale.forecast import PEOPLE
from web.pages.render import page, shown
from web.problems import Problem, sentence
from web.schemas.admin import CouponIn

router = APIRouter(prefix="/admin", include_in_schema=False)

PAGE = 50
PAGE_MAX = 1_000
# At once, so that a page of rooms does not take all of the line's connections.
ASKED_AT_ONCE = 4
FIELDS_MAX = 100
BAD_COUPON = to_translate("This coupon can’t be saved. Check each field.")


@router.get("")
async def coupons(
    request: Request,
    _who: Admin,
    page_number: Annotated[int, Query(alias="page", ge=1, le=PAGE_MAX)] = 1,
    archived: bool = False,
) -> Response:
    """The list of coupons; the last to open comes first. archived: only archived ones."""
    language = find_language(request)
    listed, kept = await _coupons_by_archive(request)
    found = kept if archived else listed
    some = found[(page_number - 1) * PAGE : page_number * PAGE]
    figures = await _figures(request, [one.coupon.code for one in some if one.room])
    return page(
        request,
        "admin/coupons.html",
        coupons=[_shown_to_admins(request, offer, language) for offer in some],
        archived=archived,
        has_archive=bool(kept),
        figures=figures,
        page_number=page_number,
        pages=max(1, -(-len(found) // PAGE)),
    )


async def _coupons_by_archive(request: Request) -> tuple[list[Offer], list[Offer]]:
    """The offers that an admin works on, and those in the archive; the last to open first.

    A rehearsal is on the plan of its room, until it ends.
    """
    found: list[Offer] = list(reversed(await get_offer_cache(request).all_offers()))
    kept = [one for one in found if one.is_archived]
    open_ones = [one for one in found if not one.is_archived]
    return [one for one in open_ones if one.is_listed or not one.has_pages], kept


def _shown_to_admins(request: Request, offer: Offer, language: Language) -> dict[str, Any]:
    fields = shown(offer, get_container(request).offer_now(offer), language)
    title = title_for_admins(language, offer.coupon.description, offer.room)
    return fields | {"description": title}


@router.get("/coupons/new")
async def new_coupon(request: Request, _who: Operator) -> Response:
    return form_page(request, fresh_form(get_container(request).now(), find_language(request)))


@router.post("/coupons/new")
async def create(request: Request, who: Operator) -> Response:
    form, people = CouponForm(await _texts(request), {}), await _people_of_forecast(request)
    if people is not None:
        form.texts = {name: form.texts.get(name, "") for name in (*OF_COUPON, *OF_ROOM)}
        return form_page(request, form, people=people)
    needed = {*OF_COUPON, *OF_ROOM} if form.texts.get("issuing") == "queue" else {*OF_COUPON}
    sent = {name: text for name, text in form.texts.items() if name in needed}
    values, errors = parse_texts(sent, get_container(request).time_zone)
    missing = needed - form.texts.keys()
    form.errors = errors | dict.fromkeys(missing, BAD_COUPON)
    if not missing:
        form.errors = refused(values, errors)
    is_draft = await _has_sent(request, "draft")
    if is_draft and form.texts.get("issuing") != "queue":
        form.errors["issuing"] = InvalidValue("draft", "needs_line")
    if not form.errors:
        try:
            made = await create_coupon(request, _as_sent(values, is_draft=is_draft), who)
            return RedirectResponse(f"/admin/coupons/{made.code}/edit?saved=1", 303)
        except CodeTaken as error:
            form.errors["code"] = str(sentence(error))
        except (ValidationError, Problem) as error:
            if isinstance(error, Problem) and error.type != "bad_request":
                raise
            form.errors[""] = BAD_COUPON
    form.texts = {name: form.texts.get(name, "") for name in (*OF_COUPON, *OF_ROOM)}
    return form_page(request, form, status=422)


@router.get("/coupons/{code}/edit")
async def edit(request: Request, _who: Admin, code: CouponCode) -> Response:
    offer = await get_offer_cache(request).any_offer(code)
    return edit_page(request, offer, form_from_offer(offer, find_language(request)))


@router.post("/coupons/{code}/edit")
async def change(request: Request, who: Operator, code: CouponCode) -> Response:
    """Change the fields that differ from the form's original values."""
    offer, form = await get_offer_cache(request).any_offer(code), await _form(request)
    if (people := await _people_of_forecast(request)) is not None:
        form = with_texts(form, offer, find_language(request))
        return edit_page(request, offer, form, people=people)
    changed = form.changed()
    language = find_language(request)
    sent = {name: text for name, text in form.texts.items() if name in changed}
    values, errors = parse_texts(sent, language.zone)
    whole = form_values(offer) | values
    form.errors = _errors_of_changed(changed, refused(whole, errors))
    if not form.errors:
        alter = partial(_altered, whole=whole, values=values)
        try:
            if (question := await _question(request, offer, alter, form)) is not None:
                form = with_texts(form, offer, language)
                return edit_page(request, offer, form, question=question)
            changes = get_offer_changes(request)
            await changes.change(code, alter, who=who, what="coupon changed")
            return RedirectResponse(f"/admin/coupons/{code}/edit?saved=1", 303)
        except AlreadyStarted as error:
            for name in changed & {"opens_at", "expire_date"} | _discount_fields(changed):
                form.errors[name] = str(sentence(error))
            form.errors.setdefault("", str(sentence(error)))
        except InvalidValue as error:
            form.errors[form_field(error)] = error
    return edit_page(request, offer, with_texts(form, offer, language), status=422)


def _altered(
    offer: Offer, *, whole: dict[str, Any], values: dict[str, Any]
) -> tuple[Coupon, RoomSettings | None]:
    """The coupon and settings with the changed `values`. Raises InvalidValue, AlreadyStarted."""
    coupon = offer.coupon.change(
        discount=discount_in(whole) if _discount_fields(values) else None,
        **{
            name: values[name]
            for name in ("description", "total_count", "opens_at", "expire_date")
            if name in values
        },
    )
    of_room = {name: value for name, value in values.items() if name in OF_ROOM}
    if of_room and offer.settings is None:
        raise NoSuchRoom
    return coupon, offer.settings.change(**of_room) if offer.settings else None


async def _question(
    request: Request, offer: Offer, alter: Alter, form: CouponForm
) -> Question | None:
    """What to ask before this change, unless it is confirmed or its numbers are unknown."""
    if await _has_sent(request, CONFIRMED):
        return None
    coupon, settings = alter(offer)
    if offer.settings is None or settings is None:
        return None
    try:
        figures = await get_container(request).line.room_stats(offer.coupon.code)
    except (LineAway, NoSuchRoom):
        return None
    planned = PlannedChange(offer.coupon, offer.settings, coupon, settings, figures)
    return edit_question(planned, form.fields(), find_language(request))


def _discount_fields(names: Iterable[str]) -> set[str]:
    return {name for name in names if name.startswith("discount_")}


def _errors_of_changed(changed: set[str], errors: Errors) -> Errors:
    """Those of what was typed; a field that depends on another is wrong with it."""
    together = [{"opens_at", "expire_date"}, {*RATE_BOUNDS}, _discount_fields(OF_COUPON)]
    looked_at = changed.union(*(one for one in together if one & changed))
    return {name: text for name, text in errors.items() if name in looked_at or not name}


def _as_sent(values: dict[str, Any], *, is_draft: bool) -> CouponIn:
    """The input as the API takes it. Raises ValidationError."""
    room = {name: values[name] for name in OF_ROOM if name in values}
    own = {n: v for n, v in values.items() if n not in OF_ROOM and not n.startswith("discount_")}
    discount = {n.removeprefix("discount_"): values[n] for n in _discount_fields(values)}
    times = {name: own[name].isoformat() for name in ("opens_at", "expire_date")}
    sent = {**own, **times, "discount": discount, "room": room, "draft": is_draft}
    return CouponIn.model_validate(sent)


async def _has_sent(request: Request, name: str) -> bool:
    async with request.form(max_files=0, max_fields=FIELDS_MAX) as sent:
        return name in sent


async def _texts(request: Request, prefix: str = "") -> dict[str, str]:
    async with request.form(max_files=0, max_fields=FIELDS_MAX) as sent:
        return {
            name: str(sent[prefix + name]).strip()
            for name in (*OF_COUPON, *OF_ROOM)
            if prefix + name in sent
        }


async def _people_of_forecast(request: Request) -> str | None:
    """How many people are expected, if the form asks for a forecast; None if it is to be saved."""
    async with request.form(max_files=0, max_fields=FIELDS_MAX) as sent:
        return str(sent.get(PEOPLE, "")).strip() if "forecast" in sent else None


async def _form(request: Request) -> CouponForm:
    return CouponForm(await _texts(request), await _texts(request, "was-"))


async def _figures(request: Request, codes: list[str]) -> dict[str, RoomStats | None]:
    """Of each room; None where the line does not answer, or not yet for this room."""
    line, few = get_container(request).line, asyncio.Semaphore(ASKED_AT_ONCE)
    found: dict[str, RoomStats | None] = {}
    is_away = False

    async def ask(code: str) -> None:
        nonlocal is_away
        async with few:
            try:
                # Waiting for each of fifty would take a while, where the first was away.
                found[code] = None if is_away else await line.room_stats(code)
            except (NoSuchRoom, LineAway) as error:
                found[code] = None
                is_away = is_away or isinstance(error, LineAway)

    await asyncio.gather(*(ask(code) for code in codes))
    return found
