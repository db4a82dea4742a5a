"""Every "no" a person can get: one class each, its docstring the sentence they read."""

from __future__ import annotations

import inspect
from datetime import datetime
from typing import ClassVar


class Refusal(Exception):
    """The request was refused."""

    slug: ClassVar[str] = "refused"
    title: ClassVar[str] = "Refused"

    @property
    def detail(self) -> str:
        """The sentence for the person who reads it."""
        return inspect.getdoc(type(self)) or self.title

    def __str__(self) -> str:
        return self.detail


class NotOpenYet(Refusal):
    """This coupon can't be had yet: come back when it opens."""

    slug = "not_open_yet"
    title = "Not open yet"

    def __init__(self, opens_at: datetime, lobby_opens_at: datetime | None = None) -> None:
        super().__init__(opens_at)
        self.opens_at = opens_at
        self.lobby_opens_at = lobby_opens_at


class Closed(Refusal):
    """The time for this coupon is over; no more are given out."""

    slug = "closed"
    title = "Closed"


class Draining(Refusal):
    """Nobody new can get in line any more; whoever has a place keeps it."""

    slug = "draining"
    title = "The line takes nobody new"


class SoldOut(Refusal):
    """Every coupon has found an owner."""

    slug = "sold_out"
    title = "Sold out"


class AlreadyStarted(Refusal):
    """This has already begun, so what was promised can't be changed any more."""

    slug = "already_started"
    title = "Already started"


class AlreadyUsed(Refusal):
    """This coupon has already been used."""

    slug = "already_used"
    title = "Already used"


class CouponExpired(Refusal):
    """This coupon's time is over; it can't be used any more."""

    slug = "expired"
    title = "Expired"


# How an admission can end.
ADMISSION_REFUSALS: dict[str, type[Refusal]] = {kind.slug: kind for kind in (Closed, SoldOut)}
# What a batch can answer a member, by the name that travels through the line and back.
ISSUE_REFUSALS: dict[str, type[Refusal]] = {
    kind.slug: kind for kind in (NotOpenYet, Closed, SoldOut)
}
