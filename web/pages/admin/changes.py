"""The last changes of a room, as the board lists them and marks them on its charts."""

from __future__ import annotations

import string
from dataclasses import dataclass
from datetime import datetime

from fastapi import Request

from issuance import audit
from issuance.audit import AuditEntry
from issuance.errors import OfficeAway
from web.container import get_container, get_office
from web.i18n import Language, find_language
from web.pages.admin.audit import shown_entry

# Letters go round after Z.
CHANGES_MAX = 6
# More fields than this are a creation, or as good as one.
FIELDS_MAX = 3


@dataclass(frozen=True, slots=True)
class MarkedChange:
    """mark: its letter on the charts."""

    mark: str
    at: datetime
    who: str
    what: str


async def last_changes(request: Request, code: str) -> list[MarkedChange]:
    """The room's latest changes, newest first; none while Postgres is unreachable."""
    try:
        found = await get_office(request).run(
            audit.list_entries,
            get_container(request).engine,
            subject=code,
            at_most=audit.ENTRIES_MAX,
        )
    except OfficeAway:
        return []
    return marked_changes(found, find_language(request))


def marked_changes(found: list[AuditEntry], language: Language) -> list[MarkedChange]:
    """found: newest first, and all of them, as the oldest is A."""
    numbered = [(len(found) - 1 - n, entry) for n, entry in enumerate(found[:CHANGES_MAX])]
    return [
        MarkedChange(
            string.ascii_uppercase[number % len(string.ascii_uppercase)],
            entry.at,
            entry.who,
            _in_words(entry, language),
        )
        for number, entry in numbered
    ]


def _in_words(entry: AuditEntry, language: Language) -> str:
    shown = shown_entry(entry, language)
    if not 0 < len(shown.changes) <= FIELDS_MAX:
        return shown.what
    return ", ".join(
        f"{one.name}: {one.after}"
        if one.before is None
        else f"{one.name}: {one.before} → {one.after}"
        for one in shown.changes
    )
