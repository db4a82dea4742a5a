"""Problems: every error as RFC 9457 `application/problem+json`, with a sentence for people."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse

from domain.invalid_value import InvalidValue
from domain.refusals import REFUSALS, Refusal, TooManyRequests


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """A kind of problem: its stable slug, status, title, and default sentence."""

    type: str
    status: int
    title: str
    detail: str


_KINDS = (
    ProblemKind("not_signed_in", 401, "Not signed in", "Sign in first, or send a member token."),
    ProblemKind(
        "bad_token",
        401,
        "Bad token",
        "We can’t verify your sign-in. Go back to the shop and follow the link again.",
    ),
    ProblemKind("bad_ticket", 401, "Bad ticket", "This ticket can’t be accepted."),
    ProblemKind("bad_pass", 401, "Bad pass", "This pass can’t be accepted."),
    ProblemKind("forbidden", 403, "Forbidden", "You don’t have permission for this."),
    ProblemKind("not_found", 404, "Not found", "There is nothing at this address."),
    ProblemKind("no_such_coupon", 404, "No such coupon", "There is no coupon with this code."),
    ProblemKind("no_such_room", 404, "No such room", "There is no room with this code."),
    ProblemKind("no_such_site", 404, "No such site", "There is no site with this code."),
    ProblemKind(
        "no_such_issued_coupon", 404, "No such issued coupon", "You don’t have this coupon."
    ),
    ProblemKind(
        "not_in_line", 404, "Not in line", "You have no place in this line. Get in line first."
    ),
    ProblemKind("no_such_visit", 404, "No such visit", "There is no visit with this id."),
    ProblemKind(
        "method_not_allowed", 405, "Method not allowed", "This address does not accept this method."
    ),
    ProblemKind(
        "body_too_slow", 408, "Body too slow", "The request’s body did not arrive in time."
    ),
    ProblemKind(
        "not_drawn", 409, "Not drawn", "There is no draw here, or it has not been made yet."
    ),
    ProblemKind(
        "changed_meanwhile",
        409,
        "Changed meanwhile",
        "This was changed after you loaded it. Reload, then decide.",
    ),
    ProblemKind("code_taken", 409, "Code taken", "This code is already in use."),
    ProblemKind(
        "no_secrets_key",
        409,
        "No key for secrets",
        "SITE_SECRETS_KEYS is not set: it encrypts the pass secrets of sites. Set it first.",
    ),
    ProblemKind(
        "not_your_turn", 409, "Not your turn", "It is not your turn. Get in line, or wait for it."
    ),
    ProblemKind(
        "visit_over", 409, "Visit over", "This visit is over. Get in line for another one."
    ),
    ProblemKind(
        "not_over", 409, "Not over", "This room is not over yet. Close it first, then archive it."
    ),
    ProblemKind(
        "rehearsal_is_fixed",
        409,
        "Rehearsal room",
        "This is a rehearsal. Publish, clone or rehearse the room itself.",
    ),
    ProblemKind("not_direct", 409, "Line required", "This coupon is issued through its line."),
    ProblemKind("body_too_large", 413, "Body too large", "The request’s body is too large."),
    ProblemKind("bad_request", 422, "Bad request", "The request could not be understood."),
    ProblemKind(
        "internal",
        500,
        "Internal error",
        "Something went wrong on our side. The error has been logged.",
    ),
)
_REFUSALS: list[type[Refusal]] = [Refusal, *REFUSALS.values()]
KINDS = {kind.type: kind for kind in _KINDS} | {
    kind.slug: ProblemKind(kind.slug, kind.status, kind.title, kind().detail) for kind in _REFUSALS
}
_AN_ID = "5f0c3a9be1d4-0000002a"


def is_too_many(error: Exception) -> bool:
    """Whether it is a rate limit's refusal."""
    return isinstance(error, Problem) and error.type == TooManyRequests.slug


@dataclass(slots=True)
class Problem(Exception):
    """An error answer: what is wrong and what to do. `more`: further fields for clients.

    is_for_developers: pages show the kind's sentence first, and then the detail as its cause.
    """

    type: str
    detail: str | None = None
    more: dict[str, Any] = field(default_factory=dict)
    is_for_developers: bool = False

    @property
    def kind(self) -> ProblemKind:
        return KINDS[self.type]

    @property
    def status(self) -> int:
        return self.kind.status

    def body(self) -> dict[str, Any]:
        kind = self.kind
        return {
            "type": kind.type,
            "title": kind.title,
            "status": kind.status,
            "detail": self.detail or kind.detail,
            **self.more,
        }

    def headers(self) -> dict[str, str]:
        headers = {"Cache-Control": "no-store"}
        if "retry_after_s" in self.more:
            headers["Retry-After"] = str(self.more["retry_after_s"])
        if self.status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        return headers


@contextmanager
def translate_value_errors() -> Iterator[None]:
    """Translate InvalidValue into Problem bad_request, which names the field and the fault."""
    try:
        yield
    except InvalidValue as error:
        wrong = {"where": error.field, "what": error.sentence}
        raise Problem("bad_request", str(error), {"errors": [wrong]}) from error


def as_json(problem: Problem, request_id: str) -> JSONResponse:
    """The problem as a JSON response."""
    return JSONResponse(
        problem.body() | {"request_id": request_id},
        problem.status,
        headers=problem.headers(),
        media_type="application/problem+json",
    )


class ProblemOut(BaseModel):
    """The body of every error (RFC 9457)."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="A short, stable name")
    title: str
    status: int
    detail: str = Field(description="A sentence for the person who reads it")
    request_id: str = Field(description="The id of this request, as in the logs")
    retry_after_s: int | None = Field(None, description="Seconds to wait before trying again")


# The headers of `Problem.headers`, for /openapi.json.
_RETRY_AFTER = {
    "Retry-After": {
        "description": "Seconds to wait before trying again; the same as `retry_after_s`",
        "required": True,
        "schema": {"type": "integer", "minimum": 1},
    }
}
_AUTHENTICATE = {
    "WWW-Authenticate": {
        "description": "The authentication scheme",
        "required": True,
        "schema": {"const": "Bearer"},
    }
}
_HEADERS = {401: _AUTHENTICATE, 429: _RETRY_AFTER, 503: _RETRY_AFTER}


def documented(*types: str) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI `responses` of a route for these problems.

    Adds `too_many_requests`, as every route has a rate limit.
    """
    responses: dict[int | str, dict[str, Any]] = {}
    for name in (*types, TooManyRequests.slug):
        kind = KINDS[name]
        response = responses.setdefault(
            kind.status,
            {
                "description": "",
                "content": {
                    "application/problem+json": {
                        "schema": {"$ref": "#/components/schemas/ProblemOut"},
                        "examples": {},
                    }
                },
                **({"headers": _HEADERS[kind.status]} if kind.status in _HEADERS else {}),
            },
        )
        titles = filter(None, [response["description"], kind.title])
        response["description"] = ", or ".join(titles)
        examples = response["content"]["application/problem+json"]["examples"]
        examples[name] = {"value": Problem(name).body() | {"request_id": _AN_ID}}
    return responses


def sentence(error: BaseException) -> str | None:
    """The exception's message, or else its docstring."""
    return str(error) or inspect.getdoc(type(error))
