"""`waitroom room member`: shows a member's state in a room, or why they were refused."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated

import typer
from rich.text import Text

from application.member_report import MemberReport, look_up_member
from cli.coupon import Code, Json
from cli.tables import make_rows
from domain.member import MEMBER_ID_RULE, BadMemberId
from domain.rfc3339 import rfc3339
from processes.settings.reader import BadSettings
from processes.stores import console, open_postgres, print_json, with_line
from web.schemas.member import MemberOut

_SENTENCES = {
    "waiting": "waits in line",
    "passed_over": "was skipped: their page was closed or offline for too long",
    "admitted": "is admitted and has no outcome yet",
    "issued": "has the coupon",
    "refused": "was refused",
    "left": "left the line",
    "called": "is called, and has not come yet",
    "missed": "was called, and did not come in time",
    "inside": "is inside",
    "finished": "was inside, and has finished",
    "ended": "was inside until their time was up",
    "revoked": "was inside until the visit was revoked",
    "unknown": "is unknown in this room: they never entered, or were refused at entry, of "
    "which the room keeps no record",
}
# In line in a room that is over: `waiting` until their next request.
_IN_LINE_WHEN = {"sold_out": "the coupons ran out", "closed": "the room closed"}
_CLOCKS = {"redis": "Redis' clock", "postgres": "Postgres' clock"}


def member(
    code: Code,
    member_id: Annotated[str, typer.Argument(help=MEMBER_ID_RULE)],
    as_json: Json = False,
) -> None:
    """Show a member's state, or why they were refused, and since when."""
    try:
        with open_postgres() as engine:
            report = with_line(
                lambda line: look_up_member(line, engine, asyncio.to_thread, code, member_id)
            )
    except BadMemberId as error:
        raise BadSettings(f"MEMBER_ID is not valid: {error}.") from None
    if as_json:
        print_json(MemberOut.from_report(report).model_dump(mode="json"))
        return
    # Text: rich would read brackets in an id as markup.
    console.print(Text(f"{member_id} {sentence_of(report)}."), soft_wrap=True)
    console.print(make_rows(_rows(report)))


def sentence_of(report: MemberReport) -> str:
    """The member's state; follows their id."""
    if report.state == "refused" and not report.refusal:
        return "was refused while the room was sold out or closed; they can enter again now"
    if over := _over_for(report):
        return f"stood in line when {over}: their page says so when they next open it"
    if report.state == "passed_over" and not report.next_refusal:
        return f"{_SENTENCES[report.state]}; their next request brings them back"
    why = f" ({report.refusal}): {report.refusal_detail}" if report.refusal else ""
    return (_SENTENCES[report.state] + why).rstrip(".")


def _over_for(report: MemberReport) -> str | None:
    """What ended the room for a member who is in line and has not asked since."""
    if report.state != "waiting" or report.next_refusal is None:
        return None
    return _IN_LINE_WHEN.get(report.next_refusal)


def _rows(report: MemberReport) -> dict[str, str]:
    def text(time: datetime | None, clock: str = "redis") -> str:
        return f"{rfc3339(time)} ({_CLOCKS[clock]})" if time else ""

    since = "admitted at" if report.decided_by == "worker" and report.refusal else "since"
    rows = {
        "place": "" if report.place is None or _over_for(report) else f"{report.place:,}",
        since: text(report.at, report.clock or "redis"),
        "decided by": report.decided_by or "",
        "coupon": report.issued_coupon_id or "",
        "visit": report.visit_id or "",
        "arrived at": text(report.arrived_at),
        "last seen at": text(report.last_seen_at),
        "outcome due at": text(report.outcome_due_at),
        "next request": f"refused ({report.next_refusal})" if report.next_refusal else "",
        "refused by a worker": "\n".join(
            f"{one.slug}, admitted at {text(one.admitted_at)}" for one in report.worker_refusals
        ),
        "request id": report.request_id or "",
    }
    return {name: value for name, value in rows.items() if value}
