"""Samples of everything the console's templates show."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from domain.admin import Admin
from domain.invalid_value import InvalidValue
from domain.room_settings import RoomSettings
from issuance.audit import AuditEntry
from issuance.issued_coupons import IssuedTimes
from tests.unit.board_template_cast import some_figures, some_minutes, some_summary
from tests.unit.cast import an_offer, noon, spring
from tests.unit.plan_template_cast import plan_pages
from web.i18n import Language
from web.pages.admin.audit import AuditQuery, shown_entry
from web.pages.admin.coupon_form import CouponForm, form_from_offer, fresh_form
from web.pages.admin.coupon_form_page import Advanced, advanced, field_texts, fixed_fields, in_words
from web.pages.admin.labels import label
from web.pages.admin.result_chart import result_chart
from web.pages.admin.sale.comparison import Sale, compared_figures
from web.pages.admin.sale.forecast import forecast_of_form
from web.pages.admin.sale.overview import ListedRoom, make_row

ALICE, BOB = Admin("alice", "operator"), Admin("bob", "viewer")


Pages = dict[str, tuple[str, dict[str, Any]]]


def admin_pages(language: Language, coupons: list[SimpleNamespace]) -> Pages:
    figures = {coupons[0].code: SimpleNamespace(waiting=12_345)}
    listed = {"figures": figures, "page_number": 2, "pages": 3, "has_archive": True}
    listed["archived"] = False
    signing_in = {"admin": None, "next": "/admin", "typed_name": ""}
    return {
        "console, sign in": ("admin/signin.html", {**signing_in, "error": None}),
        "console, sign in again": ("admin/signin.html", {**signing_in, "error": "…"}),
        "console, coupons": ("admin/coupons.html", {"admin": ALICE, "coupons": coupons, **listed}),
        "console, empty archive": (
            "admin/coupons.html",
            {"admin": BOB, "coupons": [], **listed, "archived": True},
        ),
        "console, no coupons": ("admin/coupons.html", {"admin": BOB, "coupons": [], **listed}),
        **new_coupon_pages(language),
        **edit_pages(language, coupons[0]),
        **audit_pages(language),
        **sale_pages(language),
        **plan_pages(language),
    }


def new_coupon_pages(language: Language) -> Pages:
    wrong = fresh_form(noon, language)
    wrong.errors = {
        "code": InvalidValue("code", "code", most=40, got="봄"),
        "total_count": InvalidValue("total_count", "at_most", most=1, got=2),
        "": "…",
    }
    numbers = fresh_form(noon, language).texts | {"total_count": "1000"}
    given = {
        "admin": ALICE,
        "people": "10000",
        "forecast": forecast_of_form(numbers, "10000", language),
        "advanced": Advanced((), is_open=False),
        **field_texts(language),
    }
    return {
        "console, new": ("admin/coupon_new.html", {**given, "form": fresh_form(noon, language)}),
        "console, new and wrong": (
            "admin/coupon_new.html",
            {
                **given,
                "form": in_words(language, wrong),
                "advanced": Advanced(("…",), is_open=True),
            },
        ),
    }


def edit_pages(language: Language, coupon: SimpleNamespace) -> Pages:
    description = "봄맞이 할인" if language.code == "ko" else "Spring sale"
    offer = an_offer(spring(description=description), RoomSettings(opening="draw"))

    def edited(form: CouponForm, **changes: Any) -> tuple[str, dict[str, Any]]:
        context = {
            "admin": ALICE if form.may_change else BOB,
            "coupon": coupon,
            "form": in_words(language, form),
            "looks": {"name": "", "colour": "#0c6a56", "message": ""},
            "looks_errors": {},
            "logo": "",
            "commitment": "",
            "drawn": None,
            "saved": False,
            "question": None,
            "people": "",
            "forecast": "",
            "advanced": advanced(language, form),
        }
        return "admin/coupon_edit.html", context | changes | field_texts(language)

    started = form_from_offer(offer, language)
    started.fixed = fixed_fields(offer, noon + timedelta(days=1))
    drawn = SimpleNamespace(at=datetime.now(UTC), entrants_count=1_200)
    return {
        "console, edit": edited(started, saved=True, logo="/rooms/spring/logo?v=1"),
        "console, draw": edited(form_from_offer(offer, language), commitment="0" * 36, drawn=drawn),
        "console, draw to come": edited(form_from_offer(offer, language), commitment="0" * 36),
        "console, viewer": edited(CouponForm(started.texts, started.was, may_change=False)),
    }


def sale_pages(language: Language) -> Pages:
    """The overview of all rooms, and two sales compared."""
    ends_at = noon + timedelta(days=1)
    title = "봄맞이 할인" if language.code == "ko" else "Spring sale"
    room = ListedRoom("spring", title, "", noon, ends_at, 1_000)
    of_site = replace(room, code="shop", site=title, ends_at=None)
    rows = [make_row(room, some_figures(), noon, language), make_row(of_site, None, noon, language)]
    listed = {
        "admin": ALICE, "rows": rows, "count": 2, "q": "", "show": "", "page_number": 2, "pages": 3,
        "query": "", "query_here": "page=2",
    }  # fmt: skip
    offer = an_offer(spring(description=title), RoomSettings())
    issued = IssuedTimes(1_000, noon, noon + timedelta(seconds=199))
    sale = Sale(offer, some_figures(), some_summary(), issued, some_minutes())
    both = {
        "admin": ALICE,
        "sales": (sale, sale),
        "missing": "",
        "charts": [result_chart(some_minutes()), None],
        "figures": compared_figures(sale, sale, language),
    }
    return {
        "console, overview": ("admin/overview.html", listed),
        "console, overview without a match": (
            "admin/overview.html",
            listed | {"rows": [], "q": "x", "page_number": 1, "pages": 1},
        ),
        "console, compare": ("admin/compare.html", both),
        "console, compare with nothing": (
            "admin/compare.html",
            both | {"sales": (sale,), "missing": "spring"},
        ),
    }


def audit_pages(language: Language) -> Pages:
    entries = [
        AuditEntry(2, noon, "alice", "room changed", "spring", {"room": {"seats": 5}},
              {"room": {"seats": 6, "state": "paused"}}),
        AuditEntry(1, noon, "alice", "admin added", "admin bob", None, {"role": "viewer"}),
    ]  # fmt: skip
    shown = [shown_entry(entry, language) for entry in entries]
    given = {
        "admin": BOB,
        "texts": dict.fromkeys(AuditQuery.model_fields, "") | {"subject": "spring"},
        "errors": {},
        "kinds": [("room changed", label(language, "room"))],
        "is_latest": False,
        "older": "subject=spring&before=1",
        "as_csv": "subject=spring",
    }
    wrong = given | {"errors": {"since": "…"}}
    return {
        "console, changes": ("admin/audit.html", {**given, "entries": shown}),
        "console, no changes": ("admin/audit.html", {**wrong, "entries": []}),
    }
