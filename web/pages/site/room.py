"""The waiting page in front of a site, its fragment, entering, and leaving."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from domain.refusals import find_refusal
from domain.sites.site_room import TITLE_LENGTH_MAX, SiteRoom
from domain.sites.target_urls import target_in
from waitroom.errors import LineError, NotYourTurn
from waitroom.poll_interval import UNREACHABLE_S
from web.auth.member_tokens import NotSignedIn, Visitor
from web.container import get_container
from web.dependencies import refuse_cross_site
from web.enter_line import ask_place, delete_ticket_cookie, enter, ticket_arrival_us
from web.i18n import COOKIE, find_language
from web.pages.error_page import render_problem
from web.pages.member.place_cookies import keep_place
from web.pages.member.place_view import PlaceView
from web.pages.member.progress_cookie import delete_progress_cookie, read_progress_cookie
from web.pages.rehearsal import title_of_room
from web.pages.render import page
from web.pages.site.site_view import SiteViews
from web.problems import Problem
from web.schemas.public import PlaceOut, RefusalOut
from web.sites.claims import claim_address
from web.sites.navigation import RETURNED, is_navigation
from web.sites.program_json import program_answer, wants_program_json
from web.sites.visitors import find_site_visitor

TARGET = "t"
# Who comes by themselves takes a place without a button; who left or had a visit presses one.
_ENTERS_BY_ITSELF = ("absent", "missed")
PAGE, FRAGMENT = "site/room.html", "site/_place.html"


async def waiting_page(request: Request, room: SiteRoom) -> Response:
    """GET: takes a place for somebody who comes here, and lets them walk in where that is free."""
    who = find_site_visitor(request)
    if wants_program_json(request):
        return await program_answer(request, room, who)
    navigates = is_navigation(request)
    if who is None:
        return _first_visit(request, room, navigates)
    try:
        place = await _place(request, room, who)
        if navigates and (place is None or place.state in _ENTERS_BY_ITSELF):
            place = await enter_site(request, room, who)
            if place.state == "called":
                return await _walk_in(request, room, who)
    except LineError:
        return show(request, room, views_of(request, room).plain("unreachable", UNREACHABLE_S), 503)
    except Problem as problem:
        if problem.type == "too_many_requests":
            raise
        return show_refusal(request, room, problem)
    return show_place(request, room, place)


async def fragment(request: Request, room: SiteRoom) -> Response:
    who = _visitor(request)
    views = views_of(request, room)
    try:
        place = await _place(request, room, who)
    except LineError:
        return show(request, room, views.plain("unreachable", UNREACHABLE_S), 503, FRAGMENT)
    return show_place(request, room, place, FRAGMENT)


async def enter_by_form(request: Request, room: SiteRoom) -> Response:
    """POST: for browsers that do not say that somebody navigates, and to enter again."""
    refuse_cross_site(request)
    who = find_site_visitor(request)
    if who is None:
        return _cookies_needed(request, room)
    solution = (await request.form()).get("altcha")
    try:
        place = await enter_site(
            request, room, who, solution if isinstance(solution, str) else None
        )
    except Problem as problem:
        if problem.type == "too_many_requests":
            raise
        return show_refusal(request, room, problem)
    response = RedirectResponse(room_path(request, room), 303)
    keep_place(response, place, get_container(request), request.cookies)
    return response


async def leave_by_form(request: Request, room: SiteRoom) -> Response:
    refuse_cross_site(request)
    who, code = _visitor(request), room.code
    parts = get_container(request)
    await parts.line.leave(code, who.id, ticket_arrival_us(request, code, who.id))
    # Not to the page itself, which would take a place again.
    response = show(request, room, views_of(request, room).plain("absent"))
    delete_ticket_cookie(response, code, secure=parts.secure)
    delete_progress_cookie(response, code, request.cookies, secure=parts.secure)
    return response


async def enter_site(
    request: Request, room: SiteRoom, who: Visitor, solution: str | None = None
) -> PlaceOut:
    """Raises LineError, and Problem where the room refuses."""
    ticket_us = ticket_arrival_us(request, room.code, who.id)
    return await enter(request, room.code, who.id, ticket_us, solution=solution)


def asked_target(request: Request, room: SiteRoom) -> str:
    """The visitor's address in the site, "" for the room's own; any other is ignored."""
    return target_in(room.site.hosts, request.query_params.get(TARGET, "")) or ""


def room_path(request: Request, room: SiteRoom, after: str = "", **more: str) -> str:
    """A path of this room that keeps the visitor's target URL."""
    target = asked_target(request, room)
    query = urlencode({**({TARGET: target} if target else {}), **more})
    return f"/rooms/{room.code}{after}{'?' if query else ''}{query}"


def views_of(request: Request, room: SiteRoom) -> SiteViews:
    target = asked_target(request, room)
    return SiteViews(
        room,
        find_language(request),
        f"?{urlencode({TARGET: target})}" if target else "",
        read_progress_cookie(request.cookies, room.code),
    )


def show_place(
    request: Request, room: SiteRoom, place: PlaceOut | None, template: str = PAGE
) -> Response:
    """place: None for somebody without one."""
    views = views_of(request, room)
    if place is None:
        return show(request, room, views.plain("absent"), template=template)
    view = views.view(place, line_now(request))
    response = show(request, room, view, template=template)
    keep_place(response, place, get_container(request), request.cookies)
    return response


def show_refusal(request: Request, room: SiteRoom, problem: Problem) -> Response:
    views = views_of(request, room)
    body = render_problem(problem, views.language)
    detail = find_refusal(problem.type).site_detail or problem.kind.detail
    refusal = RefusalOut(type=body["type"], title=body["title"], detail=detail)
    view = views.refused(refusal, body.get("retry_after_s"))
    return show(request, room, view, problem.status)


def show(
    request: Request,
    room: SiteRoom,
    view: PlaceView,
    status: int = 200,
    template: str = PAGE,
    **context: Any,
) -> Response:
    return page(
        request,
        template,
        status=status,
        asked=(TARGET,) if asked_target(request, room) else (),
        room=_titled(request, room),
        place=view,
        follows="stay" not in request.query_params,
        who=find_site_visitor(request),
        **context,
    )


def _titled(request: Request, room: SiteRoom) -> SiteRoom:
    """With the title that visitors read."""
    title = title_of_room(find_language(request), room.title, room.room)
    return room if title == room.title else replace(room, title=title[:TITLE_LENGTH_MAX])


def line_now(request: Request) -> datetime:
    return get_container(request).line_now()


async def _walk_in(request: Request, room: SiteRoom, who: Visitor) -> Response:
    try:
        address = await claim_address(request, room, who, asked_target(request, room))
    except NotYourTurn:
        return RedirectResponse(room_path(request, room), 303)
    return RedirectResponse(address, 303)


async def _place(request: Request, room: SiteRoom, who: Visitor) -> PlaceOut | None:
    """None for somebody without a place. Raises LineError, Problem."""
    ticket_us = ticket_arrival_us(request, room.code, who.id)
    try:
        return await ask_place(request, room.code, who.id, ticket_us)
    except Problem as problem:
        if problem.type != "not_in_line":
            raise
        return None


def _first_visit(request: Request, room: SiteRoom, navigates: bool) -> Response:
    """A browser without our cookie gets one, and a redirect, by which it returns the cookie."""
    if navigates and RETURNED in request.query_params:
        return _cookies_needed(request, room)
    parts = get_container(request)
    response: Response
    if navigates:
        language = request.query_params.get(COOKIE)
        more = {COOKIE: language} if language else {}
        response = RedirectResponse(room_path(request, room, **{RETURNED: "1"}, **more), 303)
    else:
        response = show(request, room, views_of(request, room).plain("absent"))
    parts.visitors.set_cookie(response, parts.visitors.make(), secure=parts.secure)
    return response


def _cookies_needed(request: Request, room: SiteRoom) -> Response:
    again = room_path(request, room)
    response = page(request, "site/no_cookies.html", status=400, asked=(), again=again)
    parts = get_container(request)
    parts.visitors.set_cookie(response, parts.visitors.make(), secure=parts.secure)
    return response


def _visitor(request: Request) -> Visitor:
    who = find_site_visitor(request)
    if who is None:
        raise NotSignedIn
    return who
