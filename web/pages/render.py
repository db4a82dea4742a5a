"""Renders templates in the reader's language, with the context that every page needs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Any, Protocol
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PackageLoader,
    PrefixLoader,
    StrictUndefined,
    select_autoescape,
)

from domain.phase import DRAINING, ROOM_PHASE
from domain.sites.site_room import SiteRoom
from domain.times.time_zone import zone_name
from issuance.offers import Offer
from web.cache.public_page import CACHE_CONTROL, REMEMBER, is_public
from web.cache.static_files import static_address
from web.container import get_container
from web.dependencies import find_visitor
from web.i18n import COOKIE, Language, find_language, languages, save_language, say_language
from web.pages.formatting import discount_text, duration, exact_duration, in_groups
from web.pages.formatting import seconds as seconds_text
from web.pages.navigation import form_page_path
from web.pages.rehearsal import title_of_room
from web.pages.renamed_templates import with_old_names, with_old_replacements
from web.schemas.public import CouponOut
from web.sites.rooms import get_known_site_room
from web.sse.stream import QUIET_MAX_S

# The prefix by which a shop's template extends the shipped one that it replaces.
SHIPPED = "shipped"


@cache
def static(name: str) -> str:
    """The address of a static file, or of a bundle; browsers may keep what it answers for ever."""
    return static_address(name)


@cache
def environment(language: Language, templates_dir: str = "") -> Environment:
    """The templates in one language; those in `templates_dir` override ours."""
    env = Environment(
        loader=_loader(templates_dir),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    env.policies["ext.i18n.trimmed"] = True
    translations = language.translations
    env.install_gettext_callables(  # type: ignore[attr-defined]
        translations.gettext,
        translations.ngettext,
        newstyle=True,
        pgettext=translations.pgettext,
        npgettext=translations.npgettext,
    )
    env.filters.update(
        clock=language.date_and_time,
        clock_s=language.time,
        seconds=partial(seconds_text, language),
        count=language.number,
        duration=partial(duration, language),
        exact_duration=partial(exact_duration, language),
        in_groups=in_groups,
    )
    env.globals.update(
        phases=ROOM_PHASE,
        static=static,
        language=language,
        time_zone=zone_name(language.zone),
        quiet_max_s=int(QUIET_MAX_S),
    )
    return env


def _loader(templates_dir: str) -> BaseLoader:
    shipped = PackageLoader("web")
    if not templates_dir:
        return shipped
    known = with_old_names(shipped)
    own = with_old_replacements(FileSystemLoader(templates_dir))
    return ChoiceLoader([own, known, PrefixLoader({SHIPPED: known})])


@dataclass(frozen=True, slots=True)
class Brand:
    """Versioned URLs of style sheet and logo, and the message; "" where there is none."""

    css: str
    logo: str
    message: str


class SeenMember(Protocol):
    """What pages show of a signed-in member."""

    @property
    def id(self) -> str: ...

    @property
    def name(self) -> str: ...


@dataclass(frozen=True, slots=True)
class LanguageLink:
    """A link to the current page in a language."""

    code: str
    name: str
    href: str


def page(
    request: Request,
    template: str,
    *,
    status: int = 200,
    branded: Offer | None = None,
    asked: tuple[str, ...] = ("next",),
    may_be_public: bool = False,
    **context: Any,
) -> HTMLResponse:
    """The template's HTML, with the offer's branding if it has any.

    asked: the query parameters that language links keep. may_be_public: whether caches may keep
    the page where `language_query` allows it; others show who is signed in.
    """
    parts = get_container(request)
    language = find_language(request)
    member = find_visitor(request)
    html = render_html(
        request,
        template,
        language=language,
        member=member,
        branded=branded,
        asked=asked,
        may_be_public=may_be_public,
        **context,
    )
    if may_be_public and status == 200 and language_query(request):
        # Without Vary and cookies: a cache would keep them for everybody.
        public = {"Cache-Control": CACHE_CONTROL, "Content-Language": language.code}
        return HTMLResponse(html, status, headers=public)
    response = empty_page(language, status)
    response.body = html.encode()
    response.headers["Content-Length"] = str(len(response.body))
    save_language(request, response, secure=parts.secure)
    if member is not None:
        parts.sessions.renew_old_cookie(response, request.cookies, member, secure=parts.secure)
    return response


def empty_page(language: Language, status: int = 200) -> HTMLResponse:
    """A page's response without its body, with the headers that all pages have."""
    response = HTMLResponse("", status, headers={"Cache-Control": "no-store"})
    say_language(response, language)
    return response


def render_html(
    request: Request,
    template: str,
    *,
    language: Language,
    member: SeenMember | None,
    branded: Offer | None = None,
    asked: tuple[str, ...] = ("next",),
    may_be_public: bool = False,
    **context: Any,
) -> str:
    """The template's HTML for this member; as `page`."""
    parts = get_container(request)
    site_room = get_known_site_room(request)
    known: dict[str, Any] = {
        "site_name": _site_name(branded, site_room) or parts.site_name,
        "brand": make_brand(branded) if branded else None,
        "member": member,
        "admin": getattr(request.state, "admin", None),
        "demo": parts.demo,
        "site_room": site_room,
        "base_url": parts.base_url.rstrip("/"),
        "now": parts.offer_now(branded) if branded else parts.now(),
        "switches": _switches(request, asked, may_be_public=may_be_public),
        "language_query": language_query(request) if may_be_public else "",
    }
    found = environment(language, parts.templates_dir).get_template(template)
    return found.render(known | context)


def _site_name(branded: Offer | None, site_room: SiteRoom | None) -> str:
    """The name that the page's branding gives; "" for none."""
    if site_room is not None:
        return site_room.room.branding.name or site_room.site.name
    return branded.branding.name if branded else ""


def language_query(request: Request) -> str:
    """The query that the links of a public page keep, as `?lang=ko`; "" for a private page."""
    query = request.query_params
    is_shared = request.method == "GET" and is_public(
        query, request.headers.keys(), request.cookies, languages()
    )
    return f"?{COOKIE}={query[COOKIE]}" if is_shared else ""


def colour_version(colour: str) -> str:
    """The version in the URL of a style sheet in this colour; "" for none."""
    return colour.removeprefix("#")


def logo_version(sha256: str) -> str:
    """The version in the URL of the logo with this digest; "" for none."""
    return sha256[:12]


def make_brand(offer: Offer, folder: str = "") -> Brand | None:
    """The branding of this offer's pages, None without any. folder: of its files, if elsewhere."""
    branding = offer.branding
    folder = folder or f"/rooms/{offer.coupon.code}"
    colour, logo = colour_version(branding.colour), logo_version(branding.logo_sha256)
    if not (colour or logo or branding.message):
        return None
    return Brand(
        css=f"{folder}/brand.css?v={colour}" if colour else "",
        logo=f"{folder}/logo?v={logo}" if logo else "",
        message=branding.message,
    )


def _switches(
    request: Request, asked: tuple[str, ...], *, may_be_public: bool
) -> list[LanguageLink]:
    path, query = _same_page(request), request.query_params
    kept = {name: query[name] for name in asked if name in query}
    remember = {REMEMBER: "1"} if may_be_public else {}
    return [
        LanguageLink(
            one.code, one.name, f"{path}?{urlencode({**kept, COOKIE: one.code, **remember})}"
        )
        for one in languages().values()
    ]


def _same_page(request: Request) -> str:
    """The page's path; for a form's answer, the path of the form's page."""
    path = request.url.path
    if request.method != "GET":
        path = form_page_path(path) or path
    # A path that begins with two slashes would be another site's address.
    return "/" + path.lstrip("/")


def shown(offer: Offer, now: datetime, language: Language) -> dict[str, Any]:
    """A coupon's fields as templates use them."""
    discount = discount_text(language, offer.coupon.discount)
    coupon = CouponOut.from_offer(offer, now)
    fields = {name: getattr(coupon, name) for name in CouponOut.model_fields}
    fields["description"] = title_of_room(language, coupon.description, offer.room)
    lobby_opens_at = coupon.opens_at
    if offer.settings is not None:
        lobby_opens_at -= timedelta(seconds=offer.settings.lobby_s)
    return fields | {
        "is_before_opening": now < coupon.opens_at,
        "takes_members": ROOM_PHASE[coupon.state].takes_members
        and not (offer.settings and offer.settings.state == DRAINING.word),
        "discount_text": discount,
        "branding": offer.branding,
        "lobby_opens_at": lobby_opens_at,
        "lobby_is_open": offer.settings is not None and lobby_opens_at <= now < coupon.opens_at,
        "opening": offer.settings.opening if offer.settings else None,
        "grace_s": offer.settings.grace_s if offer.settings else None,
        "asks_for_solution": offer.settings is not None and offer.settings.challenge == "on",
    }
