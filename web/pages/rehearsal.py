"""title_of_room: what members read above a line."""

from __future__ import annotations

from domain.room import Room
from web.i18n import Language


def title_of_room(language: Language, title: str, room: Room | None) -> str:
    """The title as members read it: of a rehearsal it says so, as its coupons are no real ones."""
    if room is None or room.stage != "rehearsal":
        return title
    return language.gettext("Rehearsal: %(title)s", title=title)
