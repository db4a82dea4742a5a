"""The ticket page and its fragment, entering, and leaving."""

from __future__ import annotations

from typing import TypedDict

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from domain.draw import NUMBERS
from domain.unix_time import from_us
from issuance.offers import Offer
from waitroom.errors import LineError, NoSuchRoom
from waitroom.poll_interval import UNREACHABLE_S
from web.container import get_container, get_offer_cache
from web.dependencies import PageMember, page_member
from web.enter_line import (
    ask_place,
    delete_ticket_cookie,
    enter,
    ticket_arrival_us,
)
from web.i18n import Language, find_language
from web.pages.error_page import render_problem
from web.pages.form_guard import signed_in_for
from web.pages.member.place_cookies import keep_place
from web.pages.member.place_view import PlaceView, plain, refused
from web.pages.member.progress_cookie import (
    delete_progress_cookie,
    read_progress_cookie,
)
from web.pages.render import page, shown
from web.problems import Problem
from web.schemas.public import RefusalOut


class Words(TypedDict):
    """The language and the site's name of a place's texts."""

    language: Language
    site_name: str


async def ticket_page(request: Request, code: str) -> Response:
    return await _answer(request, code, await page_member(request, code), "room.html")


async def fragment(request: Request, code: str) -> Response:
    return await _answer(request, code, await page_member(request, code), "_place.html")


async def enter_room(request: Request, code: str) -> Response:
    who = signed_in_for(request, f"/coupons/{code}")
    if isinstance(who, Response):
        parts = get_container(request)
        parts.intents.set_cookie(who, code, secure=parts.secure)
        return who
    solution = (await request.form()).get("altcha")
    try:
        place = await enter(
            request,
            code,
            who.id,
            ticket_arrival_us(request, code, who.id),
            solution=solution if isinstance(solution, str) else None,
        )
    except Problem as problem:
        if problem.type == "too_many_requests":
            raise  # its page repeats this form by itself
        return await refused_page(request, code, problem)
    response = RedirectResponse(f"/rooms/{code}", 303)
    keep_place(response, place, get_container(request), request.cookies)
    return response


async def leave_room(request: Request, code: str) -> Response:
    who = signed_in_for(request, f"/rooms/{code}")
    if isinstance(who, Response):
        return who
    ticket_us = ticket_arrival_us(request, code, who.id)
    await get_container(request).line.leave(code, who.id, ticket_us)
    response = RedirectResponse(f"/coupons/{code}?left=1", 303)
    secure = get_container(request).secure
    delete_ticket_cookie(response, code, secure=secure)
    delete_progress_cookie(response, code, request.cookies, secure=secure)
    return response


async def _answer(request: Request, code: str, member: PageMember, template: str) -> Response:
    """The page or its fragment, with the visitor's place in whatever state it is."""
    offer = await get_offer_cache(request).offer(code)
    words = _words(request, offer, member.language)
    coupon = shown(offer, get_container(request).offer_now(offer), words["language"])
    try:
        place = await ask_place(request, code, member.visitor.id, member.ticket_us)
    except NoSuchRoom:
        raise  # a coupon without a line will not get one
    except LineError:
        view = _unreachable(code, member.ticket_us, words)
        return page(request, template, status=503, branded=offer, coupon=coupon, place=view)
    except Problem as problem:
        if problem.type != "not_in_line":
            raise
        view = plain(code, "absent", **words)
        return page(request, template, branded=offer, coupon=coupon, place=view)
    view = PlaceView.from_place(
        place,
        now=get_container(request).line_now(),
        started_ahead=read_progress_cookie(request.cookies, code),
        **words,
    )
    response = page(request, template, branded=offer, coupon=coupon, place=view)
    keep_place(response, place, get_container(request), request.cookies)
    return response


def _words(request: Request, offer: Offer, language: Language) -> Words:
    site_name = offer.branding.name or get_container(request).site_name
    return {"language": language, "site_name": site_name}


async def refused_page(request: Request, code: str, problem: Problem) -> Response:
    """The ticket page for a member whom the room refused."""
    offer = await get_offer_cache(request).offer(code)
    words = _words(request, offer, find_language(request))
    body = render_problem(problem, words["language"])
    refusal = RefusalOut(type=body["type"], title=body["title"], detail=body["detail"])
    view = refused(code, refusal, retry_after_s=body.get("retry_after_s"), **words)
    coupon = shown(offer, get_container(request).offer_now(offer), words["language"])
    return page(
        request, "room.html", status=problem.status, branded=offer, coupon=coupon, place=view
    )


def _unreachable(code: str, ticket_us: int, words: Words) -> PlaceView:
    """The view while the line is unreachable, with the arrival from the member's ticket."""
    return plain(
        code,
        "unreachable",
        arrived_at=from_us(ticket_us) if ticket_us >= NUMBERS else None,
        ask_again_s=UNREACHABLE_S,
        **words,
    )
