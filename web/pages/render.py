"""Render: templates with what every page needs."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from domain.discount import DiscountPolicy
from issuance.catalogue import Offer
from web.asking import visitor_of
from web.parts import parts_of
from web.shapes import CouponOut


def clock(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def count(number: int) -> str:
    return f"{number:,}"


def duration(seconds: float) -> str:
    """About how long, in words."""
    if seconds < 60:
        return f"about {round(seconds)} seconds" if round(seconds) > 1 else "about a second"
    minutes = round(seconds / 60)
    if minutes < 90:
        return "about a minute" if minutes == 1 else f"about {minutes} minutes"
    hours = round(seconds / 3600)
    return "about an hour" if hours == 1 else f"about {hours} hours"


def discount_text(policy: DiscountPolicy) -> str:
    if policy.kind == "amount":
        return f"{policy.value:,} off"
    cap = f", up to {policy.cap:,}" if policy.cap else ""
    return f"{policy.value} % off{cap}"


@cache
def static(path: str) -> str:
    """The address of a static file; it changes with the file, so browsers may keep it for ever."""
    digest = hashlib.sha256((files("web") / "static" / path).read_bytes()).hexdigest()
    return f"/static/{path}?v={digest[:12]}"


def environment() -> Environment:
    env = Environment(
        loader=PackageLoader("web"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters.update(clock=clock, count=count, duration=duration)
    env.globals["static"] = static
    return env


_environment = cache(environment)


def page(request: Request, template: str, *, status: int = 200, **context: Any) -> HTMLResponse:
    """The template's HTML. Pages say who is signed in, so nobody between may keep them."""
    parts = parts_of(request)
    html = (
        _environment()
        .get_template(template)
        .render(
            site_name=parts.site_name,
            member=visitor_of(request),
            demo=parts.demo,
            now=parts.now(),
            **context,
        )
    )
    return HTMLResponse(html, status, headers={"Cache-Control": "no-store"})


def shown(offer: Offer, now: datetime) -> dict[str, Any]:
    """A coupon as templates show it."""
    coupon = CouponOut.of(offer, now)
    fields = {name: getattr(coupon, name) for name in CouponOut.model_fields}
    return fields | {"discount_text": discount_text(offer.coupon.discount)}
