"""Samples of everything the console's templates show."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from domain.admin import Admin
from domain.invalid_value import InvalidValue
from domain.room_settings import RoomSettings
from issuance.audit import AuditEntry
from issuance.offers import Offer
from tests.unit.cast import noon, spring
from web.i18n import Language
from web.pages.admin.audit import shown_entry
from web.pages.admin.coupon_form import CouponForm, form_from_offer, fresh_form
from web.pages.admin.coupon_form_page import field_texts, fixed_fields, in_words

ALICE, BOB = Admin("alice", "operator"), Admin("bob", "viewer")


def admin_pages(
    language: Language, coupons: list[SimpleNamespace]
) -> dict[str, tuple[str, dict[str, Any]]]:
    everywhere = field_texts(language)
    description = "봄맞이 할인" if language.code == "ko" else "Spring sale"
    offer = Offer(spring(description=description), RoomSettings(opening="draw"), 1)
    wrong = fresh_form(noon)
    wrong.errors = {
        "code": InvalidValue("code", "code", most=40, got="봄"),
        "total_count": InvalidValue("total_count", "at_most", most=1, got=2),
        "": "…",
    }

    def edited(form: CouponForm, **changes: Any) -> tuple[str, dict[str, Any]]:
        context = {
            "admin": ALICE if form.may_change else BOB,
            "coupon": coupons[0],
            "form": in_words(language, form),
            "looks": {"name": "", "colour": "#0c6a56", "message": ""},
            "looks_errors": {},
            "logo": "",
            "commitment": "",
            "drawn": None,
            "saved": False,
        }
        return "admin/coupon_edit.html", context | changes | everywhere

    started = form_from_offer(offer)
    started.fixed = fixed_fields(offer, noon + timedelta(days=1))
    drawn = SimpleNamespace(at=datetime.now(UTC), entrants_count=1_200)
    entries = [
        AuditEntry(2, noon, "alice", "room changed", "spring", {"room": {"seats": 5}},
              {"room": {"seats": 6, "state": "paused"}}),
        AuditEntry(1, noon, "alice", "admin added", "admin bob", None, {"role": "viewer"}),
    ]  # fmt: skip
    figures = {coupons[0].code: SimpleNamespace(waiting=12_345)}
    listed = {"figures": figures, "page_number": 2, "pages": 3}
    trail = {"subject": "spring", "before": 3, "older": 1}
    return {
        "console, sign in": (
            "admin/signin.html", {"admin": None, "next": "/admin", "typed_name": "", "error": None},
        ),
        "console, sign in again": (
            "admin/signin.html", {"admin": None, "next": "/admin", "typed_name": "", "error": "…"},
        ),
        "console, coupons": ("admin/coupons.html", {"admin": ALICE, "coupons": coupons, **listed}),
        "console, no coupons": ("admin/coupons.html", {"admin": BOB, "coupons": [], **listed}),
        "console, new": (
            "admin/coupon_new.html", {"admin": ALICE, "form": fresh_form(noon), **everywhere},
        ),
        "console, new and wrong": (
            "admin/coupon_new.html",
            {"admin": ALICE, "form": in_words(language, wrong), **everywhere},
        ),
        "console, edit": edited(started, saved=True, logo="/rooms/spring/logo?v=1"),
        "console, draw": edited(form_from_offer(offer), commitment="0" * 36, drawn=drawn),
        "console, draw to come": edited(form_from_offer(offer), commitment="0" * 36),
        "console, viewer": edited(CouponForm(started.texts, started.was, may_change=False)),
        "console, changes": (
            "admin/audit.html",
            {"admin": BOB, "entries": [shown_entry(e, language) for e in entries], **trail},
        ),
        "console, no changes": ("admin/audit.html", {"admin": BOB, "entries": [], **trail}),
    }  # fmt: skip
