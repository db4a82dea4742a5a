"""Error pages: renders a problem as HTML."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from web.container import get_container
from web.i18n import PROBLEM_TITLE, Language, find_language, save_language
from web.middleware.request_id import get_request_id
from web.pages.navigation import form_page_path
from web.pages.render import page
from web.problems import Problem
from web.sites.rooms import get_known_site_room


def problem_page(request: Request, problem: Problem) -> Response:
    """The problem's page; without a session a redirect to the sign-in page."""
    if problem.type == "not_signed_in" and request.method == "GET":
        path = request.url.path
        signin = "/admin/signin" if path == "/admin" or path.startswith("/admin/") else "/signin"
        redirect = RedirectResponse(f"{signin}?next={quote(path)}", 303)
        save_language(request, redirect, secure=get_container(request).secure)
        return redirect
    if problem.type == "method_not_allowed" and request.method == "GET":
        # Somebody opens the address of a form again, from the history or a bookmark.
        form_page = form_page_path(request.url.path)
        if form_page:
            return RedirectResponse("/" + form_page.lstrip("/"), 303)
    again_s, form = problem.more.get("retry_after_s"), ""
    if request.method != "GET":
        # The page reloads itself, which must not repeat a form, except an idempotent one that a
        # rate limit refused.
        path = request.url.path
        if problem.type == "too_many_requests" and path.endswith(("/enter", "/issue")):
            form = f"{path}?{request.url.query}" if request.url.query else path
        else:
            again_s = None
    body = render_problem(problem, find_language(request)) | {
        "retry_after_s": again_s,
        "form": form,
        "request_id": get_request_id(request.scope),
    }
    template = "site/problem.html" if get_known_site_room(request) else "problem.html"
    response = page(request, template, status=problem.status, problem=body)
    response.headers.update(problem.headers())
    return response


def render_problem(problem: Problem, language: Language) -> dict[str, Any]:
    """The problem in the reader's language; `cause`: for developers, or empty.

    A detail that contains values has no translation: then the sentence of its kind is used.
    """
    body = problem.body()
    title, detail = body["title"], body["detail"]
    cause = language.gettext(detail) if problem.is_for_developers else ""
    if cause or not language.knows(detail):
        detail = problem.kind.detail
    return body | {
        "title": language.pgettext(PROBLEM_TITLE, title),
        "detail": language.gettext(detail),
        "cause": cause,
    }
