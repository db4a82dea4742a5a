"""Turned back: an address over its limit is told so before the framework, in words written once.

A flood must cost less than what it asks for: a page is drawn once for each language and wait.
"""

from __future__ import annotations

from functools import lru_cache
from time import perf_counter

from fastapi import FastAPI, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from web.gate import Gate
from web.languages import language_of
from web.pages.problem import problem_page
from web.problems import Problem
from web.raw_answers import Answer, problem_answer
from web.request_id import HEADER, said_in
from web.security import RAW_HEADERS
from web.traffic import UNMATCHED
from web.watch import Watch

_COUNTED = ("/rooms/", "/api/rooms/")
# What a page looks like is kept by browsers, and asked for once.
_LOOKS = ("/brand.css", "/logo")


class TurnedBack:
    """An ASGI application before another one: counts whatever has to do with a line or an issue."""

    def __init__(self, app: ASGIApp, application: FastAPI, gate: Gate, watch: Watch) -> None:
        self._app = app
        self._application = application
        self._gate = gate
        self._watch = watch
        self._page = lru_cache(maxsize=256)(self._drawn)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and is_counted(scope["path"]):
            began = perf_counter()
            try:
                await self._gate.admit_address(scope)
            except Problem as problem:
                request_id = self._watch.ids.of(said_in(scope["headers"]))
                status, headers, body = self._answer(scope, problem, request_id)
                headers = [*headers, (HEADER, request_id.encode())]
                # Nobody has looked for its route.
                self._watch.of(UNMATCHED)(status, began, request_id, "")
                await send({"type": "http.response.start", "status": status, "headers": headers})
                await send({"type": "http.response.body", "body": body})
                return
        await self._app(scope, receive, send)

    def _answer(self, scope: Scope, problem: Problem, request_id: str) -> Answer:
        path, wait_s = scope["path"], problem.more["retry_after_s"]
        if path.startswith("/api/"):
            return problem_answer(problem, path, request_id)
        language = language_of(Request({**scope, "app": self._application}))
        # A page loads itself again, wherever it is; a form is sent again to where it was.
        form = path if scope["method"] == "POST" else ""
        return self._page(language.code, wait_s, form)

    def _drawn(self, language: str, wait_s: int, form: str) -> Answer:
        """The page that says so, of nobody in particular."""
        scope = {
            "type": "http",
            "app": self._application,
            "method": "POST" if form else "GET",
            "path": form or "/",
            "query_string": b"",
            "headers": [(b"accept-language", language.encode())],
        }
        problem = Problem("too_many_requests", None, {"retry_after_s": wait_s})
        response = problem_page(Request(scope), problem)
        headers = [*response.raw_headers, *RAW_HEADERS]
        return response.status_code, headers, bytes(response.body)


def is_counted(path: str) -> bool:
    """Whether this has to do with a line, or issues: what a crowd, or a bot, asks for."""
    return path.endswith("/issue") or (path.startswith(_COUNTED) and not path.endswith(_LOOKS))
