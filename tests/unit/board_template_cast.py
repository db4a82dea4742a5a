"""Samples of everything the board's templates show."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from application.dangers import PlannedChange
from application.reconcile import Found, RepairResult
from domain.room_settings import RoomSettings
from issuance.audit import AuditEntry
from issuance.history.minutes import Minute
from issuance.issued_coupons import IssuedTimes
from issuance.queue.job_queue import QueueStatus
from issuance.tables import MINUTE_COUNTS
from tests.unit.cast import spring
from waitroom.autopilot import Decision, Reason
from waitroom.redis_io.probe import RedisMemory
from waitroom.stats.room_stats import RoomStats
from waitroom.stats.summary import RoomSummary
from web.i18n import Language
from web.office_status import OfficeStatus, RequestRate
from web.pages.admin.autopilot import make_view
from web.pages.admin.board_view import BoardView
from web.pages.admin.changes import MarkedChange, marked_changes
from web.pages.admin.questions import Question, board_question
from web.pages.admin.reconcile import make_findings, make_left
from web.pages.admin.result import refusals, result_sentence
from web.pages.admin.result_chart import result_chart

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def some_figures() -> RoomStats:
    """A room in the middle of its run."""
    return RoomStats(
        at_s=NOON.timestamp(), state="open", rate_per_s=120.0, burst=10, seats=2_000,
        size_max=1_000_000, lobby_s=900,
        opening="first_come", grace_s=300, return_s=600, restore_s=30, total_count=1_000,
        used_count=588, restored=0, is_restoring=False, passed_over=12, returned=4,
        waiting_peak=3_391, waiting_peak_at_s=NOON.timestamp() - 40, sold_out_at_s=None,
        in_line=3_204, seats_in_use=24, away=0, entered=4_000, admitted=612,
        issued=588, refused=3, left=180, turned_away=1, entered_per_s=14.2, admitted_per_s=118.0,
        admitted_last_s=120,
        issued_per_s=116.4, enter_p99_ms=8.3, issue_p99_ms=140.0, opens_at_s=0.0,
        closes_at_s=NOON.timestamp() + 86_400, is_undrawn=False,
        version=7, rate_mode="manual", rate_min_per_s=1.0, rate_max_per_s=1_000.0,
        latency_bound_ms=250, challenge="off", steered_rate_per_s=None,
    )  # fmt: skip


def some_decisions() -> list[Decision]:
    """Fast, then too fast, then slower, then Postgres goes."""
    noon_s = NOON.timestamp()
    told: list[tuple[float, float | None, Reason]] = [
        (100.0, 80.0, "rises"), (118.0, 90.0, "rises"), (118.0, 230.0, "near"),
        (94.4, 260.0, "slow"), (94.4, 255.0, "draining"), (10.0, None, "postgres_away"),
    ]  # fmt: skip
    return [
        Decision(noon_s + n / 2, per_s, p95_ms, 0.25, 90.0, reason)
        for n, (per_s, p95_ms, reason) in enumerate(told)
    ]


def a_board(language: Language, figures: RoomStats | None, **settings: Any) -> BoardView:
    before = {"room": {"rate_per_s": 60.0, "state": "paused", "rate_mode": "manual"}}
    after = {"room": {**before["room"], **settings}}
    change = AuditEntry(1, NOON, "alice", "room changed", "spring", before, after)
    memory = RedisMemory(12_400_000, 64_000_000, "noeviction")
    running = {"web": 2, "admitter": 1, "worker": 2}
    requests = RequestRate(412.0, 1.5)
    seen = OfficeStatus(None, None)
    if figures:
        seen = OfficeStatus(4, QueueStatus(2, 2, 3), memory, running, 3_180, requests)
    return BoardView.from_stats(
        "spring",
        figures,
        seen,
        change if settings else None,
        db_bound=7,
        now=NOON,
        language=language,
    )


def a_question(language: Language) -> Question:
    """What the board asks before a rate that empties the line at once."""
    coupon = spring(3_204)
    rooms = RoomSettings(rate_per_s=120.0), RoomSettings(rate_per_s=4_000.0)
    figures = replace(some_figures(), used_count=0, rate_per_s=40.0)
    planned = PlannedChange(coupon, rooms[0], coupon, rooms[1], figures)
    asked = board_question(planned, {"what": "set"}, "/admin/rooms/spring", language)
    assert asked is not None
    return asked


def some_changes(language: Language) -> list[MarkedChange]:
    """A rate that was changed, after the coupon was created."""
    before, after = {"room": {"rate_per_s": 60.0}}, {"room": {"rate_per_s": 120.0}}
    made = {"description": "Spring sale", "total_count": 1_000, "issuing": "queue", "room": before}
    entries = [
        AuditEntry(2, NOON, "alice", "room changed", "spring", before, after),
        AuditEntry(1, NOON - timedelta(hours=1), "bob", "coupon created", "spring", None, made),
    ]
    return marked_changes(entries, language)


def some_minutes() -> list[Minute]:
    """A quarter of an hour, with a gap in which no admitter ran."""
    counts = dict.fromkeys(MINUTE_COUNTS, 10)
    waits = [0, 900, 3_391, 3_200, None, None, 2_000, 1_400, 800, 400, 90, 0]
    return [Minute(NOON + timedelta(minutes=n), most, most, counts) for n, most in enumerate(waits)]


def console(language: Language, description: str) -> dict[str, tuple[str, dict[str, Any]]]:
    """The board in each state, and the result."""
    figures = some_figures()
    plain_board = {
        "description": description, "can_simulate": True, "sent": 0,
        "simulated_max": 20_000, "conflict": "", "in_force": "", "is_bad_rate": False,
        "asked_rate": "", "question": None, "member": None, "changes": some_changes(language),
        "autopilot": make_view("spring", figures, [], language),
    }  # fmt: skip
    steered = replace(figures, rate_mode="autopilot", rate_max_per_s=400.0, steered_rate_per_s=86.4)
    on_autopilot = {"autopilot": make_view("spring", steered, some_decisions(), language)}
    just_on = {"autopilot": make_view("spring", steered, [], language)}
    turned = {"rate_per_s": 120.0, "state": "open"}
    in_force = language.gettext(
        "Current settings: %(rate)s/s, %(state)s.", rate="120", state=language.gettext("open")
    )
    states: dict[str, tuple[BoardView, dict[str, Any]]] = {
        "open": (a_board(language, figures, **turned), {"sent": 2_000}),
        "paused": (a_board(language, replace(figures, state="paused")), {"sent": -1}),
        "closed": (a_board(language, replace(figures, state="closed")), {"can_simulate": False}),
        "changed meanwhile": (a_board(language, figures), {"conflict": "x", "in_force": in_force}),
        "bad rate": (a_board(language, figures), {"is_bad_rate": True, "asked_rate": "-1"}),
        "question": (a_board(language, figures), {"question": a_question(language)}),
        "away": (a_board(language, None), {}),
        "draining": (a_board(language, replace(figures, state="draining", away=3)), {}),
        "autopilot": (a_board(language, steered, rate_mode="autopilot"), on_autopilot),
        "autopilot, nothing yet": (a_board(language, steered), just_on),
    }
    return {
        f"board, {name}": ("admin/board.html", {**plain_board, "board": board, **changes})
        for name, (board, changes) in states.items()
    } | results(language, description)


def some_summary() -> RoomSummary:
    return RoomSummary(
        entered=4_000, admitted=1_003, issued=1_000, left=180, passed_over=12, returned=4,
        refused={"closed": 3}, turned_away={"sold_out": 40, "room_full": 2},
        wait_median_s=12.4, wait_p95_s=31.0, wait_longest_s=95.2,
    )  # fmt: skip


def results(language: Language, description: str) -> dict[str, tuple[str, dict[str, Any]]]:
    """The result, before and after a reconciliation."""
    result = some_summary()
    issued = IssuedTimes(1_000, NOON, NOON + timedelta(seconds=199))
    known = {
        "code": "spring", "description": description, "figures": some_figures(),
        "result": result, "waiting_when_over": 2_800, "member": None,
        "sentence": result_sentence(result, issued, language),
        "chart": result_chart(some_minutes()), "changes": some_changes(language),
        "refusals": refusals(result.refused, language),
        "turned_away": refusals(result.turned_away, language), "reconciled": None,
        "others": [("spring", description)],
    }  # fmt: skip
    crowd = [f"{n:04}" for n in range(1_203)]
    found: Found = {"told_without_row": crowd, "line_count_off": ["line 3, Postgres 4"]}
    reconciled = {
        "result": None,
        "result, no difference": make_findings("spring", {}, language),
        "result, differences": make_findings("spring", found, language),
        "result, mended": make_left("spring", RepairResult(found, {}), language),
        "result, some left": make_left("spring", RepairResult(found, found), language),
    }
    return {
        name: ("admin/result.html", {**known, "reconciled": shown})
        for name, shown in reconciled.items()
    }
