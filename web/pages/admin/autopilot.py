"""The autopilot on the board: its recent decisions in words, and the data of its plot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby

from fastapi import APIRouter, Request
from fastapi.responses import Response

from waitroom.autopilot import Decision, Reason
from waitroom.errors import LineAway, NoSuchRoom
from waitroom.redis_io.constants import DECISIONS_MAX
from waitroom.stats.room_stats import RoomStats
from web.container import get_container
from web.dependencies import Admin, RoomCode
from web.i18n import Language, find_language, to_translate
from web.pages.admin.board_view import autopilot_bounds
from web.pages.admin.status_sentence import rate
from web.pages.render import page

router = APIRouter(prefix="/admin/rooms/{code}", include_in_schema=False)

# So many are listed. Decisions come two a second, and most repeat the one before.
SPELLS_MAX = 8
REASONS: dict[Reason, str] = {
    "rises": to_translate("Healthy: raising the rate a little."),
    "most": to_translate("Healthy, and already at the maximum rate."),
    "near": to_translate("Transactions are close to the latency limit: rate unchanged."),
    "unused": to_translate("Fewer members enter than the rate allows: rate unchanged."),
    "slow": to_translate("Transactions exceed the latency limit: rate lowered."),
    "queue": to_translate("Jobs wait too long for a worker: rate lowered."),
    "draining": to_translate("Members admitted before the last reduction are still in progress."),
    "postgres_away": to_translate("Postgres is unreachable: lowered to the minimum."),
    "queue_away": to_translate("The job queue is unreachable: lowered to the minimum."),
    "no_workers": to_translate("No worker is running: lowered to the minimum."),
    "batches_failed": to_translate("Batches have failed: lowered to the minimum."),
}


@dataclass(frozen=True, slots=True)
class Spell:
    """A period with the same reason. seen: its last measurements."""

    since: datetime
    until: datetime
    rates: str
    why: str
    seen: str


@dataclass(frozen=True, slots=True)
class AutopilotView:
    """reasons: in words by their names, for the plot. spells: the latest first."""

    code: str
    is_on: bool
    bounds: str
    spells: tuple[Spell, ...]
    reasons: dict[str, str]


@router.get("/autopilot")
async def fragment(request: Request, code: RoomCode, _who: Admin) -> Response:
    """The last decisions, which the board polls while the autopilot is on."""
    view = await autopilot_view(request, code, missing_is_away=False)
    return page(request, "admin/_autopilot.html", autopilot=view)


async def autopilot_view(
    request: Request, code: str, *, missing_is_away: bool = True
) -> AutopilotView:
    """The view; empty under manual control or while Redis is unreachable. Raises NoSuchRoom."""
    line, language = get_container(request).line, find_language(request)
    figures: RoomStats | None = None
    decisions: Sequence[Decision] = ()
    try:
        figures = await line.room_stats(code)
        if figures.rate_mode == "autopilot":
            decisions = await line.autopilot.decisions(code, at_most=DECISIONS_MAX)
    except LineAway:
        figures = None
    except NoSuchRoom:
        if not missing_is_away:
            raise
    return make_view(code, figures, decisions, language)


def make_view(
    code: str, figures: RoomStats | None, decisions: Sequence[Decision], language: Language
) -> AutopilotView:
    is_on = figures is not None and figures.rate_mode == "autopilot"
    return AutopilotView(
        code=code,
        is_on=is_on,
        bounds=autopilot_bounds(figures, language) if figures and is_on else "",
        spells=tuple(_spells(decisions, language))[::-1][:SPELLS_MAX] if is_on else (),
        reasons={reason: language.gettext(words) for reason, words in REASONS.items()},
    )


def _spells(decisions: Sequence[Decision], language: Language) -> Iterator[Spell]:
    """Group consecutive decisions with the same reason, the oldest first."""
    before = ""
    for reason, some in groupby(decisions, key=lambda one: one.reason):
        same = list(some)
        last = same[-1]
        after = rate(language, last.rate_per_s)
        rates = language.gettext("%(rate)s/s", rate=after)
        if before and before != after:
            rates = language.gettext("%(before)s/s → %(after)s/s", before=before, after=after)
        before = after
        yield Spell(
            since=datetime.fromtimestamp(same[0].at_s, UTC),
            until=datetime.fromtimestamp(last.at_s, UTC),
            rates=rates,
            why=language.gettext(REASONS[reason]),
            seen=_seen(last, language),
        )


def _seen(decision: Decision, language: Language) -> str:
    told = language.gettext("%(rate)s/s issued", rate=rate(language, decision.issued_per_s))
    waited = language.gettext(
        "oldest job %(seconds)s s", seconds=language.decimal(decision.queue_age_s, 1)
    )
    if decision.latency_p95_ms is None:
        return f"{told}, {waited}"
    took = language.gettext(
        "transaction p95 %(count)s ms",
        count=language.number(round(decision.latency_p95_ms)),
    )
    return f"{told}, {took}, {waited}"
