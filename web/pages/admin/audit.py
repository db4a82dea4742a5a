"""The audit page: all changes with admin, time, and values before and after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from domain.coupon import is_code
from issuance import audit
from issuance.audit import AuditEntry
from web.container import get_container, get_office
from web.dependencies import Admin
from web.i18n import Language, find_language
from web.pages.admin.labels import CHOICES, LABELS, WHATS, label
from web.pages.render import page

router = APIRouter(prefix="/admin", include_in_schema=False)

PAGE = 50
SUBJECT_MAX = 64
_ORDER = {name: number for number, name in enumerate(LABELS)}


@dataclass(frozen=True, slots=True)
class Change:
    """One changed value of an entry. before: None for a new value."""

    name: str
    before: str | None
    after: str


@dataclass(frozen=True, slots=True)
class AuditRow:
    at: datetime
    who: str
    what: str
    subject: str
    code: str
    changes: list[Change]


@router.get("/audit")
async def changes(
    request: Request,
    _who: Admin,
    subject: Annotated[str, Query(max_length=SUBJECT_MAX)] = "",
    before: Annotated[int | None, Query(ge=1, le=audit.ID_MAX)] = None,
) -> Response:
    """Newest first; `subject` is a coupon's code, or `admin NAME`."""
    subject, language = subject.strip(), find_language(request)
    found: list[AuditEntry] = []
    if subject.isprintable():
        found = await get_office(request).run(
            audit.list_entries,
            get_container(request).engine,
            subject=subject or None,
            at_most=PAGE + 1,
            before_id=before,
        )
    return page(
        request,
        "admin/audit.html",
        entries=[shown_entry(one, language) for one in found[:PAGE]],
        subject=subject,
        before=before,
        older=found[PAGE - 1].id if len(found) > PAGE else None,
    )


def shown_entry(entry: AuditEntry, language: Language) -> AuditRow:
    return AuditRow(
        at=entry.at,
        who=entry.who,
        what=language.gettext(WHATS.get(entry.what, entry.what)),
        subject=entry.subject,
        code=entry.subject if is_code(entry.subject) else "",
        changes=[
            Change(
                label(language, name),
                None if entry.before is None else _value(language, name, old),
                _value(language, name, new),
            )
            for name, old, new in sorted(
                _differences(entry.before or {}, entry.after or {}), key=_as_in_the_form
            )
        ],
    )


def _differences(
    before: Mapping[str, Any], after: Mapping[str, Any], group: str = ""
) -> Iterator[tuple[str, Any, Any]]:
    """The changed values by name; a discount's as `discount_kind` and so on."""
    for name, new in after.items():
        old = before.get(name)
        if isinstance(new, Mapping):
            inner = "discount_" if name == "discount" else ""
            yield from _differences(old if isinstance(old, Mapping) else {}, new, inner)
        elif old != new:
            yield group + name, old, new


def _as_in_the_form(difference: tuple[str, Any, Any]) -> int:
    return _ORDER.get(difference[0], len(_ORDER))


def _value(language: Language, name: str, value: object) -> str:
    if name in ("opens_at", "expire_date") and isinstance(value, str):
        return language.date_and_time(datetime.fromisoformat(value).astimezone(UTC))
    if isinstance(value, bool):
        return language.gettext("yes") if value else language.gettext("no")
    if isinstance(value, int):
        return language.number(value)
    if isinstance(value, float) and value.is_integer():
        return language.number(int(value))
    if isinstance(value, str) and value in CHOICES and name not in ("description", "message"):
        return language.gettext(CHOICES[value])
    return "–" if value in (None, "") else str(value)
