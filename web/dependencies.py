"""FastAPI dependencies: the member, admin or ticket of a request, and codes in its path."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from fastapi import Depends, Header, Path, Request, Security
from fastapi.security import APIKeyCookie, APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from domain.admin import Admin as AdminWho
from domain.coupon import CODE
from issuance.errors import NoSuchCoupon
from waitroom.errors import NoSuchRoom
from waitroom.tokens.ticket import OtherMembersTicket, Ticket
from web.auth import cookies
from web.auth.admin_sessions import SESSION_COOKIE as ADMIN_COOKIE
from web.auth.member_tokens import Forbidden, NotSignedIn, Visitor
from web.auth.sessions import SESSION_COOKIE
from web.container import get_admin_cache, get_container
from web.enter_line import ticket_arrival_us
from web.i18n import Language, find_language
from web.problems import Problem

TICKET_HEADER = "Waitroom-Ticket"
SOLUTION_HEADER = "Waitroom-Solution"

_member_token = HTTPBearer(
    auto_error=False,
    scheme_name="memberToken",
    bearerFormat="JWT",
    description="HS256, signed by the shop",
)
_session = APIKeyCookie(
    name=SESSION_COOKIE,
    auto_error=False,
    scheme_name="session",
    description="A member's session in a browser; "
    f"`{cookies.HOST_PREFIX}{SESSION_COOKIE}` over https",
)
_ticket = APIKeyHeader(
    name=TICKET_HEADER,
    auto_error=False,
    scheme_name="ticket",
    description="The `ticket` of an earlier answer",
)
_admin_token = HTTPBearer(auto_error=False, scheme_name="adminToken")
_admin_session = APIKeyCookie(
    name=ADMIN_COOKIE,
    auto_error=False,
    scheme_name="adminSession",
    description="An admin's session in the console; "
    f"`{cookies.HOST_PREFIX}{ADMIN_COOKIE}` over https",
)
# The sender of the admin token. The audit log's name for it has a space, which no admin's name has.
BY_TOKEN = AdminWho("token", "operator")

Bearer = Annotated[HTTPAuthorizationCredentials | None, Security(_member_token)]
Session = Annotated[str | None, Security(_session)]
TicketText = Annotated[str | None, Security(_ticket)]


def find_visitor(request: Request) -> Visitor | None:
    """The member signed in by the session cookie, or None."""
    parts = get_container(request)
    return parts.sessions.from_cookies(request.cookies, secure=parts.secure)


async def visitor_or_none(request: Request, bearer: Bearer, _: Session) -> Visitor | None:
    """The authenticated member; None without credentials. Raises BadToken for an invalid token."""
    identity = get_container(request).identity
    if bearer is not None:
        return identity.verify(bearer.credentials)
    if "authorization" in request.headers:
        raise NotSignedIn
    visitor = find_visitor(request)
    if visitor is not None:
        refuse_cross_site(request)
    return visitor


async def visitor(found: Annotated[Visitor | None, Depends(visitor_or_none)]) -> Visitor:
    if found is None:
        raise NotSignedIn
    return found


class MemberInLine(NamedTuple):
    """The member whose place a request is about.

    ticket_us: the arrival on the ticket sent with it, 0 without one. session: where the request
    has one.
    """

    member_id: str
    ticket_us: int
    session: Visitor | None = None


async def member_in_line(
    request: Request,
    code: RoomCode,
    found: Annotated[Visitor | None, Depends(visitor_or_none)],
    ticket: TicketText,
) -> MemberInLine:
    """The signed-in member, or the ticket's owner."""
    session = found if found is not None and found.signed_in_us else None
    if ticket is None:
        if found is None:
            raise NotSignedIn
        return MemberInLine(found.id, 0, session)
    checked = checked_ticket(request, code, ticket, found)
    return MemberInLine(checked.member_id, checked.arrival_us, session)


class PageMember(NamedTuple):
    """The member who reads the ticket page: their session, the arrival in their ticket cookie (0
    without a valid one), and their language.
    """

    visitor: Visitor
    ticket_us: int
    language: Language


async def page_member(request: Request, code: RoomCode) -> PageMember:
    """Raises NotSignedIn."""
    found = find_visitor(request)
    if found is None:
        raise NotSignedIn
    language = find_language(request)
    return PageMember(found, ticket_arrival_us(request, code, found.id), language)


def checked_ticket(request: Request, code: str, text: str, found: Visitor | None) -> Ticket:
    """The ticket, if it is valid for this room and the signed-in member. Raises a BadTicket."""
    ticket = get_container(request).tickets.verify(text, room=code)
    if found is not None and found.id != ticket.member_id:
        raise OtherMembersTicket
    return ticket


def refuse_cross_site(request: Request) -> None:
    """Raise Problem forbidden for a change sent with a cookie from another site (CSRF).

    SameSite cookies prevent most of these; Sec-Fetch-Site shows the rest, or Origin in browsers
    without it (OWASP's CSRF cheat sheet: fetch metadata, then origin).
    """
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return
    headers = request.headers
    if is_cross_site(headers.get("sec-fetch-site"), headers.get("origin"), headers.get("host")):
        raise Problem("forbidden", "This request came from another site, so it was rejected.")


def is_cross_site(fetch_site: str | None, origin: str | None, host: str | None) -> bool:
    """Whether another site sent a request with these headers; None for a missing one."""
    if fetch_site is not None:
        return fetch_site not in ("same-origin", "none")
    return origin is not None and origin.partition("://")[2] != host


async def signed_in_admin(
    request: Request,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_admin_token)],
    _: Annotated[str | None, Security(_admin_session)],
) -> AdminWho:
    """The admin, by the admin token or by a session from our own pages.

    Raises NotSignedIn, Forbidden, OfficeAway.
    """
    if bearer is not None:
        if not get_container(request).identity.is_admin(bearer.credentials):
            raise Forbidden
        request.state.admin = BY_TOKEN
        return BY_TOKEN
    session = cookies.kept(request.cookies, ADMIN_COOKIE)
    if not session or "authorization" in request.headers:
        raise NotSignedIn
    refuse_cross_site(request)
    found = await get_admin_cache(request).from_session(session)
    if found is None:
        raise NotSignedIn
    # Pages show the admin's name.
    request.state.admin = found
    return found


async def admin(found: Annotated[AdminWho, Depends(signed_in_admin)]) -> str:
    """The admin's name as the audit log has it. Raises NotSignedIn, Forbidden."""
    return "admin token" if found is BY_TOKEN else found.name


async def operator(
    found: Annotated[AdminWho, Depends(signed_in_admin)], name: Annotated[str, Depends(admin)]
) -> str:
    """As `admin`, for admins who may make changes. Raises NotSignedIn, Forbidden."""
    if not found.may_change:
        raise Problem("forbidden", "You can view everything here, but not change it.")
    return name


async def room_code(code: Annotated[str, Path(max_length=64)]) -> str:
    """A well-formed code; others get `no_such_room` without asking a store."""
    if not CODE.fullmatch(code):
        raise NoSuchRoom
    return code


async def coupon_code(code: Annotated[str, Path(max_length=64)]) -> str:
    if not CODE.fullmatch(code):
        raise NoSuchCoupon
    return code


SolutionText = Annotated[
    str | None,
    Header(
        alias=SOLUTION_HEADER,
        description="A solution of the room's challenge, where the room requires one",
    ),
]
RoomCode = Annotated[str, Depends(room_code)]
CouponCode = Annotated[str, Depends(coupon_code)]
SignedIn = Annotated[Visitor, Depends(visitor)]
InLine = Annotated[MemberInLine, Depends(member_in_line)]
# The admin's name: with read access, and with the right to make changes.
Admin = Annotated[str, Depends(admin)]
Operator = Annotated[str, Depends(operator)]
