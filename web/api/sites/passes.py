"""Passes: claim a turn by program, renew a visit, and finish it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import Field

from domain.sites.site_room import SiteRoom
from domain.sites.target_urls import URL_LENGTH_MAX
from domain.unix_time import from_us
from waitroom.visits.visit import Visit
from web.auth.member_tokens import NotSignedIn, Visitor
from web.container import get_container
from web.dependencies import RoomCode, refuse_cross_site, visitor_or_none
from web.problems import Problem, documented
from web.schemas.public import Schema, StrictSchema, Time
from web.sites.callers import cors_headers, preflight_headers, visit_of_caller
from web.sites.claims import claim
from web.sites.passes import get_room_passes
from web.sites.rooms import get_site_room

router = APIRouter(tags=["sites"])

_pass = HTTPBearer(
    auto_error=False,
    scheme_name="pass",
    bearerFormat="JWT",
    description="A pass; or the site's API key, with the visit in the body",
)
Bearer = Annotated[HTTPAuthorizationCredentials | None, Security(_pass)]
_ALWAYS = ("bad_request", "no_such_room", "unavailable")
_OF_CALLER = ("not_signed_in", "bad_pass", "no_such_visit", "body_too_large", *_ALWAYS)


class PassOut(Schema):
    """A visit's pass. `renew_from` is null where the visit can't be renewed."""

    pass_: str = Field(
        serialization_alias="pass", description="A JWT; see `/.well-known/jwks.json`"
    )
    visit_id: str
    ends_at: Time
    renew_from: Time | None
    target_url: str = Field(description="Where the visitor goes, without the pass")


class VisitIn(StrictSchema):
    """The visit that a site's program speaks of; nothing with a pass."""

    room: str = Field(max_length=64)
    visit_id: str = Field(max_length=64)


async def _member(
    request: Request, found: Annotated[Visitor | None, Depends(visitor_or_none)]
) -> Visitor:
    """The signed-in member, or the browser's visitor. Raises NotSignedIn."""
    if found is not None:
        return found
    parts = get_container(request)
    visitor = parts.visitors.from_cookies(request.cookies, secure=parts.secure)
    if visitor is None:
        raise NotSignedIn
    refuse_cross_site(request)
    return visitor


@router.post(
    "/api/rooms/{code}/pass",
    response_model=PassOut,
    responses=documented(
        "not_signed_in", "bad_token", "forbidden", "not_your_turn", "too_many_requests", *_ALWAYS
    ),
)
async def claim_pass(
    request: Request,
    response: Response,
    code: RoomCode,
    who: Annotated[Visitor, Depends(_member)],
    t: Annotated[str, Query(max_length=URL_LENGTH_MAX)] = "",
) -> PassOut:
    """Claim the turn of a called member. Claiming again gives a new pass of the same visit.

    `t`: the address that the visitor wanted; one that is not the site's is ignored.
    """
    room = await get_site_room(request, code)
    visit, token = await claim(request, room, who.id)
    response.headers["Cache-Control"] = "no-store"
    return _pass_out(room, visit, token, t)


@router.post(
    "/api/passes/renew",
    response_model=PassOut,
    responses=documented(*_OF_CALLER, "visit_over"),
)
async def renew(
    request: Request, response: Response, bearer: Bearer, about: VisitIn | None = None
) -> PassOut:
    """Extend a living visit, where its room renews visits, and give a new pass.

    By the pass, or by the site's API key with the visit. Pages of the site may call it (CORS).
    """
    room, visit_id = await _caller(request, response, bearer, about)
    visit = await get_container(request).line.visits.renew(room.code, visit_id)
    if visit is None:
        raise Problem("no_such_visit")
    if not visit.is_inside:
        raise Problem("visit_over")
    return _pass_out(room, visit, get_room_passes(request, room).sign(visit), "")


@router.post("/api/passes/finish", status_code=204, responses=documented(*_OF_CALLER))
async def finish(
    request: Request, response: Response, bearer: Bearer, about: VisitIn | None = None
) -> None:
    """End a visit, so that the next one is called. Ending it again changes nothing.

    By the pass, or by the site's API key with the visit. Pages of the site may call it (CORS).
    A verifier that does not ask us keeps accepting the pass until it expires.
    """
    room, visit_id = await _caller(request, response, bearer, about)
    visit = await get_container(request).line.visits.finish(room.code, visit_id)
    if visit is None:
        raise Problem("no_such_visit")


@router.options("/api/passes/renew", status_code=204, responses=documented("unavailable"))
@router.options("/api/passes/finish", status_code=204, responses=documented("unavailable"))
async def preflight(request: Request) -> Response:
    """Let pages of sites send their pass (CORS)."""
    return Response(status_code=204, headers=await preflight_headers(request))


async def _caller(
    request: Request,
    response: Response,
    bearer: HTTPAuthorizationCredentials | None,
    about: VisitIn | None,
) -> tuple[SiteRoom, str]:
    if bearer is None:
        raise NotSignedIn("Send the pass, or the site’s API key, as `Authorization: Bearer ...`.")
    spoken_of = (about.room, about.visit_id) if about else None
    room, visit_id = await visit_of_caller(request, bearer.credentials, spoken_of)
    response.headers.update(cors_headers(request, room))
    response.headers["Cache-Control"] = "no-store"
    return room, visit_id


def _pass_out(room: SiteRoom, visit: Visit, token: str, target: str) -> PassOut:
    renew_from_us = visit.renew_from_us
    return PassOut(
        pass_=token,
        visit_id=visit.visit_id,
        ends_at=from_us(visit.ends_at_us),
        renew_from=from_us(renew_from_us) if renew_from_us else None,
        target_url=room.target(target),
    )
