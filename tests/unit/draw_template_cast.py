"""Samples of what is shown of a draw: none, one to come, and one that was made."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from web.i18n import Language
from web.schemas.public import DrawOut

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def draws(language: Language, coupon: SimpleNamespace) -> dict[str, tuple[str, dict[str, Any]]]:
    to_come = DrawOut(
        room="spring", opening="draw", opens_at=NOON, algorithm="", commitment="c0" * 32,
        seed=None, drawn_at=None, entrants_count=None, entrants_sha256=None,
    )  # fmt: skip
    none = to_come.model_copy(update={"opening": "first_come", "commitment": None})
    made = to_come.model_copy(
        update={
            "seed": "5e" * 32, "drawn_at": NOON, "entrants_count": 1_200,
            "entrants_sha256": "d1" * 32,
        }
    )  # fmt: skip
    shown = {"coupon": coupon, "number": None}
    return {
        "draw, none": ("draw.html", {**shown, "draw": none}),
        "draw, to come": ("draw.html", {**shown, "draw": to_come}),
        "draw, made": ("draw.html", {**shown, "draw": made, "number": language.number(812_345)}),
    }
