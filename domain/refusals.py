"""Refusals: one class for each reason to refuse a member; its docstring is what the member reads.

Problem responses, pages, streams, `/openapi.json`, the crowd's verdict and the table in docs/api.md
derive from these classes.
"""

from __future__ import annotations

import inspect
from datetime import datetime
from typing import Any, ClassVar, Literal

# The calls that can be refused: take a place in line, get a coupon directly, use one, change one.
Call = Literal["enter", "issue", "use", "change"]


class Refusal(Exception):
    """The request was refused."""

    slug: ClassVar[str] = "refused"
    title: ClassVar[str] = "Request refused"
    # The sentence in front of a site, where the docstring speaks of coupons.
    site_detail: ClassVar[str] = ""
    status: ClassVar[int] = 409
    # The calls that can be refused so; empty: any, or none as it is a place's outcome.
    calls: ClassVar[tuple[Call, ...]] = ()
    # Whether it ends the wait: streams close, and simulated members leave.
    is_final: ClassVar[bool] = True
    # Whether a later attempt can succeed; pages then offer to try again.
    may_retry: ClassVar[bool] = False
    # Seconds until the same request may be sent again; None if a retry is useless.
    retry_after_s: ClassVar[int | None] = None

    @property
    def detail(self) -> str:
        """The sentence that the member reads."""
        return inspect.getdoc(type(self)) or self.title

    def detail_of(self, *, is_site: bool) -> str:
        """The sentence in a room of this kind."""
        return (is_site and self.site_detail) or self.detail

    @property
    def more(self) -> dict[str, Any]:
        """Fields of the problem response beside the sentence. Times are datetimes."""
        return {} if self.retry_after_s is None else {"retry_after_s": self.retry_after_s}

    def __str__(self) -> str:
        return self.detail


class NotOpenYet(Refusal):
    """This coupon is not available yet. Come back when it opens."""

    slug = "not_open_yet"
    title = "Not open yet"
    site_detail = "This line is not open yet. Come back when it opens."
    calls = ("enter", "issue")
    may_retry = True

    def __init__(
        self, opens_at: datetime | None = None, lobby_opens_at: datetime | None = None
    ) -> None:
        super().__init__(opens_at)
        self.opens_at = opens_at
        self.lobby_opens_at = lobby_opens_at

    @property
    def more(self) -> dict[str, Any]:
        known = {"opens_at": self.opens_at, "lobby_opens_at": self.lobby_opens_at}
        return {name: at for name, at in known.items() if at is not None}


class Closed(Refusal):
    """This coupon has ended; no more are issued."""

    slug = "closed"
    title = "Closed"
    site_detail = "This line is closed. Nobody is admitted any more."
    status = 410
    calls = ("enter", "issue")


class Draining(Refusal):
    """Entry is closed. If you’re already in line, you keep your place."""

    slug = "draining"
    title = "Entry is closed"
    calls = ("enter",)


class SoldOut(Refusal):
    """All coupons have been issued."""

    slug = "sold_out"
    title = "Sold out"
    status = 410
    calls = ("enter", "issue")


class CouponLost(Refusal):
    """A fault on our side lost your coupon, and none is left to replace it. Please contact us."""

    slug = "coupon_lost"
    title = "Your coupon was lost"
    status = 410


class RoomFull(Refusal):
    """The line is full right now. Try again in a moment."""

    slug = "room_full"
    title = "Room full"
    status = 503
    calls = ("enter",)
    is_final = False
    may_retry = True
    retry_after_s = 10


class ChallengeRequired(Refusal):
    """This line needs a short calculation on your device first. Enter again with its result."""

    slug = "challenge_required"
    title = "Challenge required"
    status = 403
    calls = ("enter",)
    is_final = False
    may_retry = True


class TooManyRequests(Refusal):
    """Too many requests came from you or your network. Try again in a moment."""

    slug = "too_many_requests"
    title = "Too many requests"
    status = 429
    is_final = False
    may_retry = True
    retry_after_s = 1  # the least; each limit computes its own


class Unavailable(Refusal):
    """Part of the service is unavailable right now. Try again in a moment."""

    slug = "unavailable"
    title = "Unavailable"
    status = 503
    is_final = False
    may_retry = True
    retry_after_s = 2


class AlreadyStarted(Refusal):
    """Coupons have been issued, or the draw has been made, so this can no longer be changed."""

    slug = "already_started"
    title = "Already started"
    calls = ("change",)


class AlreadyUsed(Refusal):
    """This coupon has already been used."""

    slug = "already_used"
    title = "Already used"
    calls = ("use",)


class CouponExpired(Refusal):
    """This coupon has expired and can’t be used any more."""

    slug = "expired"
    title = "Expired"
    status = 410
    calls = ("use",)


# By slug, as stores and responses hold it.
REFUSALS: dict[str, type[Refusal]] = {kind.slug: kind for kind in Refusal.__subclasses__()}


def find_refusal(slug: str) -> Refusal:
    """The refusal with this slug; a plain Refusal for a slug of a later release."""
    return REFUSALS.get(slug, Refusal)()


def refusals_of(*calls: Call) -> tuple[str, ...]:
    """The slugs of the refusals that are specific to these calls."""
    return tuple(slug for slug, kind in REFUSALS.items() if set(calls) & set(kind.calls))
