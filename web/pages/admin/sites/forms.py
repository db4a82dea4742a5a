"""The forms of sites and their rooms: their fields, what was typed, and what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import datetime, tzinfo
from typing import Any

from fastapi import Request

from domain.coupon import CODE_LENGTH_MAX
from domain.invalid_value import InvalidValue
from domain.sites.settings_spec import SETTINGS_OF_SITE_ROOMS, TARGET_URL_LENGTH_MAX
from domain.sites.site import NAME_LENGTH_MAX, Site
from domain.sites.site_room import TITLE_LENGTH_MAX, SiteRoom
from web.i18n import Language, to_translate
from web.pages.admin.coupon_form import (
    CouponForm,
    Errors,
    format_fields,
    parse_local,
    read_field,
    reader_of,
)
from web.pages.admin.labels import CHOICES, describe_error, label
from web.pages.admin.setting_rules import describe_setting, fill_rule

FIELDS_MAX = 100
OF_ADDRESS = to_translate("Can’t be changed: it is part of the page addresses.")
RULES = {
    "code": to_translate(
        "1 to %(most)s characters: a-z, 0-9, _ and -. Must start with a letter or digit."
    ),
    "site_name": to_translate("Shown to visitors. 1 to %(most)s characters."),
    "hosts": to_translate(
        "Such as shop.example, or http://localhost:8080 without TLS. Separate several with spaces."
    ),
    "title": to_translate("Shown to visitors. 1 to %(most)s characters."),
    "opens_at": to_translate("Date and time in %(zone)s, before the end."),
    "closes_at": to_translate(
        "Date and time in %(zone)s. Leave empty for a room that never closes."
    ),
}
MOST = {
    "code": CODE_LENGTH_MAX,
    "site_name": NAME_LENGTH_MAX,
    "title": TITLE_LENGTH_MAX,
    "target_url": TARGET_URL_LENGTH_MAX,
}


def _hosts(text: str) -> tuple[str, ...]:
    return tuple(re.split(r"[\s,]+", text)) if text else ()


def _time_or_none(text: str) -> datetime | None:
    return parse_local(text) if text else None


OF_SITE: dict[str, Callable[[str], Any]] = {"code": str, "site_name": str, "hosts": _hosts}
OF_SITE_ROOM: dict[str, Callable[[str], Any]] = {
    "code": str,
    "title": str,
    "opens_at": parse_local,
    "closes_at": _time_or_none,
    **{one.name: reader_of(one) for one in SETTINGS_OF_SITE_ROOMS},
}
# Fields of the domain that have another name in a form.
_IN_FORM = {"name": "site_name"}


async def sent_form(request: Request, fields: Iterable[str]) -> CouponForm:
    """What the browser sent of these fields, and what it had shown."""
    async with request.form(max_files=0, max_fields=FIELDS_MAX) as sent:
        texts = {name: str(sent[name]).strip() for name in fields if name in sent}
        was = {name: str(sent[f"was-{name}"]) for name in fields if f"was-{name}" in sent}
    return CouponForm(texts, was)


async def is_draft(request: Request) -> bool:
    """Whether the room is to be created as a draft."""
    async with request.form(max_files=0, max_fields=FIELDS_MAX) as sent:
        return "draft" in sent


def parse_form(
    form: CouponForm,
    fields: dict[str, Callable[[str], Any]],
    names: Iterable[str],
    zone: tzinfo,
) -> dict[str, Any]:
    """The valid values of these fields; the errors of the others are in the form."""
    values: dict[str, Any] = {}
    for name in names:
        if name in form.texts:
            try:
                values[name] = read_field(fields[name], form.texts[name], zone)
            except ValueError as error:
                form.errors[name] = str(error)
    return values


def note_invalid(form: CouponForm, error: InvalidValue) -> None:
    """Put the error at the field that it names, or above the form."""
    name = _IN_FORM.get(error.field, error.field)
    form.errors[name if name in form.texts else ""] = error


def form_of_site(site: Site | None) -> CouponForm:
    if site is None:
        return CouponForm(dict.fromkeys(OF_SITE, ""), {})
    texts = {"code": site.code, "site_name": site.name, "hosts": " ".join(site.hosts)}
    return CouponForm(texts, dict(texts), fixed={"code": OF_ADDRESS})


def form_of_room(one: SiteRoom, language: Language) -> CouponForm:
    values = {**asdict(one.room.settings), **asdict(one.settings)}
    texts = format_fields({n: values[n] for n in OF_SITE_ROOM if n in values}, language)
    texts |= {"code": one.code, "title": one.title}
    times = {"opens_at": one.room.opens_at, "closes_at": one.closes_at}
    texts |= format_fields(times, language)
    return CouponForm(texts, dict(texts), fixed={"code": OF_ADDRESS})


def complete(form: CouponForm, kept: CouponForm) -> CouponForm:
    """The form as it was sent, with the rest as it is kept."""
    form.texts, form.was = kept.texts | form.texts, kept.was | form.was
    form.fixed = kept.fixed
    return form


def form_context(language: Language, form: CouponForm, *, may_change: bool) -> dict[str, Any]:
    """What the templates of both forms need, in the reader's language."""
    order = ["", *form.texts]
    errors: Errors = {
        name: describe_error(language, form.errors[name])
        for name in sorted(form.errors, key=order.index)
    }
    form.errors, form.may_change = errors, may_change
    form.fixed = {name: language.gettext(text) for name, text in form.fixed.items()}
    settings = {one.name: one for one in SETTINGS_OF_SITE_ROOMS}
    rules = {name: _rule(language, name) for name in RULES}
    rules |= {name: describe_setting(language, one) for name, one in settings.items()}
    return {
        "form": form,
        "labels": {name: label(language, name) for name in (*RULES, *settings)},
        "rules": rules,
        "most": MOST,
        "settings": SETTINGS_OF_SITE_ROOMS,
        "options": {
            name: [(word, language.gettext(CHOICES[word])) for word in one.choices]
            for name, one in settings.items()
            if one.choices
        },
    }


def _rule(language: Language, name: str) -> str:
    return fill_rule(language, RULES[name], MOST.get(name))
