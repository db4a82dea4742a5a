"""Reconciliation on the result page: the differences in words, and their repair."""

from __future__ import annotations

import re
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response

from application.reconcile import Found, RepairResult
from domain.differences import EXAMPLES_MAX, Kind
from web.api.reconcile import find_differences, repair
from web.dependencies import Admin, Operator, RoomCode, refuse_cross_site
from web.i18n import Language, find_language, to_translate
from web.pages.admin.labels import DIFFERENCES
from web.pages.admin.result import result_page
from web.pages.render import page

COUNTED: dict[Kind, str] = {
    "used_count_off": to_translate("count %(first)s, records %(second)s"),
    "line_count_off": to_translate("Redis %(first)s, Postgres %(second)s"),
}

router = APIRouter(prefix="/admin/rooms/{code}", include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of difference: its name, what it means, what a repair does, and the first few."""

    title: str
    means: str
    count: int
    subjects: tuple[str, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found. mended: how many were repaired, or None if it was not a repair; after one,
    `findings` are those that remain.
    """

    code: str
    findings: tuple[Finding, ...]
    mended: int | None = None


@router.get("/reconcile")
async def look_for_differences(request: Request, code: RoomCode, _who: Admin) -> Response:
    """The findings' fragment for htmx, else the whole result page."""
    language = find_language(request)
    return await _answer(
        request, code, make_findings(code, await find_differences(request, code), language)
    )


@router.post("/reconcile")
async def mend(request: Request, code: RoomCode, who: Operator) -> Response:
    refuse_cross_site(request)
    done = await repair(request, code, who)
    return await _answer(request, code, make_left(code, done, find_language(request)))


async def _answer(request: Request, code: str, found: Findings) -> Response:
    if request.headers.get("hx-request") == "true":
        return page(request, "admin/_reconcile.html", code=code, reconciled=found)
    return await result_page(request, code, reconciled=found)


def make_findings(
    code: str, found: Found, language: Language, *, mended: int | None = None
) -> Findings:
    return Findings(
        code,
        tuple(_finding(kind, subjects, language) for kind, subjects in found.items()),
        mended,
    )


def make_left(code: str, done: RepairResult, language: Language) -> Findings:
    """After a repair: the remaining differences, and how many were repaired."""
    mended = sum(
        len({*subjects} - {*done.left.get(kind, [])}) for kind, subjects in done.found.items()
    )
    return make_findings(code, done.left, language, mended=mended)


def _describe(kind: Kind, subject: str, language: Language) -> str:
    """Members and jobs by id; counts in words."""
    if kind not in COUNTED:
        return subject
    first, second = (language.number(int(one)) for one in re.findall(r"\d+", subject))
    return language.gettext(COUNTED[kind], first=first, second=second)


def _finding(kind: Kind, subjects: list[str], language: Language) -> Finding:
    title, means = DIFFERENCES[kind]
    return Finding(
        title=language.gettext(title),
        means=language.gettext(means),
        count=len(subjects),
        subjects=tuple(_describe(kind, one, language) for one in subjects[:EXAMPLES_MAX]),
        more=max(0, len(subjects) - EXAMPLES_MAX),
    )
