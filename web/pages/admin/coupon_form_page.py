"""The coupon form's page, with fields that are fixed and the reasons."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from fastapi import Request
from fastapi.responses import Response

from domain.branding import Branding
from domain.coupon import ISSUING_WAYS
from domain.draw import seed_commitment
from domain.room_settings import RoomSettings
from domain.settings_spec import ROOM_SETTINGS, RoomSetting
from issuance.offers import Offer
from web.container import get_container
from web.i18n import Language, find_language, to_translate
from web.pages.admin.coupon_form import (
    OF_COUPON,
    OF_ROOM,
    CouponForm,
    Errors,
    form_from_offer,
    format_fields,
)
from web.pages.admin.labels import CHOICES, describe_error, label
from web.pages.admin.plan_labels import title_for_admins
from web.pages.admin.questions import Question
from web.pages.admin.sale.forecast import PEOPLE_MAX, forecast_of_form
from web.pages.admin.setting_rules import MOST, STEPS, describe_rule
from web.pages.render import logo_version, page, shown

OF_ADDRESS = to_translate("Can’t be changed: it is part of the page addresses.")
NEVER_CHANGES = to_translate("Can’t be changed after the coupon is created.")
STARTED = to_translate("Can’t be changed: coupons have been issued.")
DRAWN = to_translate("Can’t be changed: the draw has been made.")
LOBBY_OPEN = to_translate("Can’t be changed: the lobby has opened.")
OPTIONS = {
    "discount_kind": ("amount", "percent"),
    "issuing": ISSUING_WAYS,
    **{one.name: tuple(one.choices) for one in ROOM_SETTINGS if one.choices},
}


def form_page(
    request: Request, form: CouponForm, *, status: int = 200, people: str = ""
) -> Response:
    """The form for a new coupon. people: how many are expected, as typed."""
    language = find_language(request)
    return page(
        request,
        "admin/coupon_new.html",
        status=status,
        people=people,
        forecast=forecast_of_form(form.texts, people, language),
        advanced=advanced(language, form),
        form=in_words(language, form),
        **field_texts(language),
    )


def edit_page(
    request: Request,
    offer: Offer,
    form: CouponForm,
    *,
    status: int = 200,
    looks: dict[str, str] | None = None,
    looks_errors: Errors | None = None,
    question: Question | None = None,
    people: str = "",
) -> Response:
    """The form for an existing coupon. looks: the branding as typed, None for the stored one."""
    language, parts = find_language(request), get_container(request)
    form.fixed = fixed_fields(offer, parts.line_now())
    kept = form_from_offer(offer, language).texts
    form.texts |= {name: text for name, text in kept.items() if name in form.fixed}
    form.may_change = request.state.admin.may_change
    branding: Branding = offer.branding
    room = offer.room
    title = title_for_admins(language, offer.coupon.description, room)
    return page(
        request,
        "admin/coupon_edit.html",
        status=status,
        coupon=shown(offer, parts.offer_now(offer), language) | {"description": title},
        people=people,
        forecast=forecast_of_form(form.texts, people, language),
        advanced=advanced(language, form),
        form=in_words(language, form),
        looks=looks
        or {"name": branding.name, "colour": branding.colour, "message": branding.message},
        looks_errors={
            name: describe_error(language, error) for name, error in (looks_errors or {}).items()
        },
        logo=f"/rooms/{offer.coupon.code}/logo?v={logo_version(branding.logo_sha256)}"
        if branding.logo_sha256
        else "",
        commitment=seed_commitment(room.seed) if room and room.settings.opening == "draw" else "",
        drawn=offer.drawn,
        question=question,
        saved="saved" in request.query_params and request.method == "GET",
        **field_texts(language),
    )


def fixed_fields(offer: Offer, now: datetime) -> dict[str, str]:
    """The reasons why fields are fixed."""
    fixed = {"code": OF_ADDRESS, "issuing": NEVER_CHANGES}
    if offer.drawn is not None:
        fixed["opens_at"] = DRAWN
    if offer.coupon.inventory.is_started:
        promised = ("discount_kind", "discount_value", "discount_cap", "opens_at")
        fixed |= dict.fromkeys(promised, STARTED)
    if offer.settings is not None:
        lobby_opens_at = offer.coupon.opens_at - timedelta(seconds=offer.settings.lobby_s)
        if now >= lobby_opens_at and offer.has_pages:
            fixed["opening"] = LOBBY_OPEN
    return fixed


@dataclass(frozen=True, slots=True)
class Advanced:
    """The folded part of the form. values: the settings that differ from a new room's defaults,
    as “Burst: 500”. is_open: whether one of its fields is wrong.
    """

    values: tuple[str, ...]
    is_open: bool


def advanced(language: Language, form: CouponForm) -> Advanced:
    defaults = format_fields(asdict(RoomSettings()), language)
    names = [one for one in ROOM_SETTINGS if one.is_of_new_rooms and one.name not in STEPS]
    changed = tuple(
        f"{label(language, one.name)}: {_shown(language, one, form.texts[one.name])}"
        for one in names
        if form.texts.get(one.name, "") not in ("", defaults[one.name])
    )
    wrong = {"issuing", *(one.name for one in names)} & form.errors.keys()
    return Advanced(changed, bool(wrong))


def _shown(language: Language, setting: RoomSetting, text: str) -> str:
    return language.gettext(setting.choices[text]) if text in setting.choices else text


def in_words(language: Language, form: CouponForm) -> CouponForm:
    """Errors and reasons in the reader's language."""
    order = ["", *form.texts]
    form.errors = {
        name: describe_error(language, form.errors[name])
        for name in sorted(form.errors, key=order.index)
    }
    form.fixed = {name: language.gettext(text) for name, text in form.fixed.items()}
    return form


def field_texts(language: Language) -> dict[str, Any]:
    names = (*OF_COUPON, *OF_ROOM, "name", "colour", "message", "logo")
    return {
        "labels": {name: label(language, name) for name in names},
        "rules": {name: describe_rule(language, name) for name in names},
        "most": MOST,
        "settings": ROOM_SETTINGS,
        "steps": STEPS,
        "people_max": PEOPLE_MAX,
        "options": {
            name: [(one, language.gettext(CHOICES[one])) for one in ways]
            for name, ways in OPTIONS.items()
        },
    }
