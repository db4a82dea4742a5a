"""Samples of what the template of a room's plan shows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from domain.admin import Admin
from domain.room_settings import RoomSettings
from tests.unit.cast import an_offer, noon, spring
from web.i18n import Language
from web.pages.admin.planning.steps_form import StepRow

ALICE, BOB = Admin("alice", "operator"), Admin("bob", "viewer")


def plan_pages(language: Language) -> dict[str, tuple[str, dict[str, Any]]]:
    """The plan of a draft, of a room in the archive, and of one whose clone is refused."""
    coupon = spring(description="봄맞이 할인" if language.code == "ko" else "Spring sale")
    room = an_offer(coupon, RoomSettings()).room
    assert room is not None
    given = {"title": coupon.description, "edit": "/admin/coupons/spring/edit", "errors": {}}
    given |= {"typed": "", "question": None, "saved": True, "is_archived": False}
    given |= {"rows": [StepRow("2026-05-01T10:00", "50", True), StepRow("", "")]}
    given |= {"preview_url": "", "rehearsal": None, "rehearsal_url": ""}
    draft = {**given, "stage": language.gettext("Draft"), "is_draft": True}
    published = {**given, "stage": language.gettext("Published"), "is_draft": False}
    wrong = {"clone": "…", "archive": "…", "rate_steps": "…"}
    secret = replace(room, code="rehearsal-1", stage="rehearsal", rehearses=room.id)
    published |= {"rehearsal": secret, "rehearsal_url": "/2"}
    draft["preview_url"] = "/1"
    draft["room"] = replace(room, stage="draft")
    published["room"] = replace(room, archived_at=noon)
    return {
        "console, plan of a draft": ("admin/plan.html", {"admin": ALICE, **draft}),
        "console, plan of an archived room": (
            "admin/plan.html",
            {"admin": ALICE, **published, "is_archived": True},
        ),
        "console, plan and wrong": (
            "admin/plan.html",
            {"admin": ALICE, **published, "errors": wrong, "typed": "Spring"},
        ),
        "console, plan of a viewer": ("admin/plan.html", {"admin": BOB, **draft}),
    }
