"""The audit page: all changes with admin, time, and values before and after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from domain.coupon import is_code
from issuance import audit
from issuance.audit import AuditEntry, AuditFilter
from issuance.export.audit_csv import write_audit_csv
from web.api.csv_file import send_csv
from web.container import get_container, get_office
from web.dependencies import Admin
from web.i18n import Language, find_language
from web.pages.admin.coupon_form import parse_local, read_field
from web.pages.admin.labels import CHOICES, DURATIONS, LABELS, WHATS, label
from web.pages.admin.plan_labels import steps_in_words
from web.pages.duration import plain_duration
from web.pages.render import page
from web.problems import Problem

router = APIRouter(prefix="/admin", include_in_schema=False)

PAGE = 50
SUBJECT_MAX = 64
# Changes of an entry that stand in its line; more are folded.
IN_LINE_MAX = 2
_ORDER = {name: number for number, name in enumerate(LABELS)}


class AuditQuery(BaseModel):
    """What the page's form sends. subject: a code, `site CODE` or `admin NAME`; what: a kind of
    change; since, until: local times of the site. before: the id of the last entry on the page.
    """

    model_config = ConfigDict(frozen=True)

    subject: Annotated[str, Field(max_length=SUBJECT_MAX)] = ""
    who: Annotated[str, Field(max_length=SUBJECT_MAX)] = ""
    what: Annotated[str, Field(max_length=SUBJECT_MAX)] = ""
    since: Annotated[str, Field(max_length=SUBJECT_MAX)] = ""
    until: Annotated[str, Field(max_length=SUBJECT_MAX)] = ""
    before: Annotated[int | None, Field(ge=1, le=audit.ID_MAX)] = None

    def texts(self) -> dict[str, str]:
        """What was typed, without empty fields."""
        texts = self.model_dump(exclude={"before"})
        return {name: text.strip() for name, text in texts.items() if text.strip()}


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

    @property
    def in_line(self) -> list[Change]:
        """The changes that stand in the entry's line: none of something new."""
        return [one for one in self.changes if one.before is not None][:IN_LINE_MAX]

    @property
    def is_folded(self) -> bool:
        return len(self.changes) > len(self.in_line)


@router.get("/audit")
async def changes(request: Request, _who: Admin, query: Annotated[AuditQuery, Query()]) -> Response:
    """Newest first; each page begins after the last entry of the one before."""
    language, texts = find_language(request), query.texts()
    wanted, errors = parse_filter(texts, language)
    found: list[AuditEntry] = []
    if wanted is not None:
        found = await get_office(request).run(
            audit.list_entries,
            get_container(request).engine,
            wanted=wanted,
            at_most=PAGE + 1,
            before_id=query.before,
        )
    is_more = len(found) > PAGE
    return page(
        request,
        "admin/audit.html",
        status=422 if errors else 200,
        entries=[shown_entry(one, language) for one in found[:PAGE]],
        texts={name: texts.get(name, "") for name in AuditQuery.model_fields},
        errors=errors,
        kinds=_kinds(language),
        is_latest=query.before is None and not texts,
        older=urlencode(texts | {"before": str(found[PAGE - 1].id)}) if is_more else "",
        as_csv=urlencode(texts),
    )


@router.get("/audit.csv")
async def changes_csv(
    request: Request, _who: Admin, query: Annotated[AuditQuery, Query()]
) -> Response:
    """All entries that the filter takes. Raises Problem for a time that can't be read."""
    wanted, errors = parse_filter(query.texts(), find_language(request))
    if wanted is None:
        wrong = "; ".join(f"{name}: {why}" for name, why in errors.items())
        raise Problem("bad_request", wrong)
    engine = get_container(request).engine
    return await send_csv(request, "audit.csv", partial(write_audit_csv, engine, wanted))


def parse_filter(
    texts: Mapping[str, str], language: Language
) -> tuple[AuditFilter | None, dict[str, str]]:
    """The filter, None where nothing can match; and what is wrong with each time, in words."""
    times: dict[str, datetime] = {}
    errors: dict[str, str] = {}
    for name in ("since", "until"):
        try:
            if name in texts:
                times[name] = read_field(parse_local, texts[name], language.zone)
        except ValueError as error:
            errors[name] = language.gettext(str(error))
    subject, who, what = (texts.get(name, "") for name in ("subject", "who", "what"))
    # The database takes no NUL, and no name has a control character.
    is_possible = all(text.isprintable() for text in (subject, who, what))
    if errors or not is_possible:
        return None, errors
    words = WHATS.get(what)
    kinds = tuple(one for one in WHATS if WHATS[one] == words) if words else (what,)
    return AuditFilter(subject or None, who or None, kinds if what else (), **times), {}


def _kinds(language: Language) -> list[tuple[str, str]]:
    """The kinds of changes to choose from; of several with the same words, the first."""
    firsts = {words: what for what, words in reversed(WHATS.items())}
    return sorted(
        ((what, language.gettext(words)) for words, what in firsts.items()), key=lambda one: one[1]
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
    if name in ("opens_at", "expire_date", "closes_at") and isinstance(value, str):
        return language.date_and_time(datetime.fromisoformat(value))
    if name == "rate_steps" and isinstance(value, list):
        return steps_in_words(language, value)
    if isinstance(value, bool):
        return language.gettext("yes") if value else language.gettext("no")
    if isinstance(value, int) and name in DURATIONS:
        return plain_duration(language, value)
    if isinstance(value, int):
        return language.number(value)
    if isinstance(value, float) and value.is_integer():
        return language.number(int(value))
    if isinstance(value, str) and value in CHOICES and name not in ("description", "message"):
        return language.gettext(CHOICES[value])
    return "–" if value in (None, "") else str(value)
