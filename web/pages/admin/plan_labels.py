"""What the console calls stages, plans and their changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from domain.room import Room
from web.i18n import Language, to_translate
from web.pages.admin.status_sentence import rate

STAGE_NAMES: dict[str, str] = {
    "draft": to_translate("Draft"),
    "rehearsal": to_translate("Rehearsal"),
    "published": to_translate("Published"),
}
ARCHIVED = to_translate("Archived")
# Fields of the audit trail.
PLAN_LABELS = {
    "stage": to_translate("Stage"),
    "is_archived": ARCHIVED,
    "cloned_from": to_translate("Clone of"),
    "rehearsal": to_translate("Rehearsal"),
    "rate_steps": to_translate("Rate steps"),
}
# Changes of the audit trail.
PLAN_CHANGES = {
    "room published": to_translate("published"),
    "room cloned": to_translate("created as a clone"),
    "room archived": to_translate("archived"),
    "room unarchived": to_translate("taken out of the archive"),
    "rehearsal started": to_translate("rehearsal started"),
    "rehearsal ended": to_translate("rehearsal ended"),
    "rate steps changed": to_translate("rate steps changed"),
    "rate step applied": to_translate("rate step applied"),
}


def stage_label(language: Language, room: Room | None) -> str:
    """The stage of a room that is not a plain published one; "" for one that is."""
    if room is None or room.is_listed:
        return ""
    names = [] if room.stage == "published" else [language.gettext(STAGE_NAMES[room.stage])]
    if room.archived_at is not None:
        names.append(language.gettext(ARCHIVED))
    return " · ".join(names)


def next_step_sentence(language: Language, room: Room | None) -> str:
    """Which rate the line has next, and when; "" where no step is ahead."""
    ahead = [one for one in room.rate_steps if one.at == room.next_step_at] if room else []
    if not ahead:
        return ""
    step = ahead[0]
    return language.gettext(
        "Next rate step: %(rate)s/s on %(time)s.",
        rate=rate(language, step.rate_per_s),
        time=language.date_and_time(step.at),
    )


def title_for_admins(language: Language, title: str, room: Room | None) -> str:
    """The title after the stage of a room that is not a plain published one."""
    label = stage_label(language, room)
    return f"{label} · {title}" if label else title


def steps_in_words(language: Language, steps: Sequence[Mapping[str, Any]]) -> str:
    """Rate steps as the audit trail has them; "–" for none."""
    words = [
        f"{language.date_and_time(datetime.fromisoformat(one['at']))} "
        f"{rate(language, one['rate_per_s'])}/s"
        for one in steps
    ]
    return ", ".join(words) or "–"
