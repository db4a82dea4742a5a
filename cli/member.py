"""`waitroom room member`: where a member is, or why they were refused."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from application.member_report import MemberReport, look_up_member
from cli.coupon import Code, Json
from domain.member import MEMBER_ID_RULE, BadMemberId
from domain.rfc3339 import rfc3339
from processes.settings.reader import BadSettings
from processes.stores import console, open_postgres, print_json, with_line
from web.schemas.member import MemberOut

_SENTENCES = {
    "waiting": "waits in line",
    "passed_over": "was silent for too long when their turn came",
    "admitted": "left the line and has no outcome yet",
    "issued": "has the coupon",
    "refused": "was refused",
    "left": "gave up their place",
    "unknown": "is not known here: they never entered, or were refused at entry, which "
    "keeps no record of the member",
}
_CLOCKS = {"redis": "Redis' clock", "postgres": "Postgres' clock"}


def member(
    code: Code,
    member_id: Annotated[str, typer.Argument(help=MEMBER_ID_RULE)],
    as_json: Json = False,
) -> None:
    """Where a member is, or why they were refused, and since when. Changes nothing."""
    try:
        with open_postgres() as engine:
            report = with_line(
                lambda line: look_up_member(line, engine, asyncio.to_thread, code, member_id)
            )
    except BadMemberId as error:
        raise BadSettings(f"MEMBER_ID can't be taken: {error}.") from None
    if as_json:
        print_json(MemberOut.from_report(report).model_dump(mode="json"))
        return
    # Text: as markup, an id could hide, or be an error.
    console.print(Text(f"{member_id} {sentence_of(report)}."), soft_wrap=True)
    table = Table.grid(padding=(0, 2))
    for name, value in _rows(report).items():
        table.add_row(f"[b]{name}[/b]", Text(value))
    console.print(table)


def sentence_of(report: MemberReport) -> str:
    """What comes after the member's id."""
    if report.state == "refused" and not report.refusal:
        return "read that the room was sold out or closed; it takes them in again"
    if report.state == "passed_over" and not report.next_refusal:
        return f"{_SENTENCES[report.state]}; their next request brings them back"
    why = f" ({report.refusal}): {report.refusal_detail}" if report.refusal else ""
    return (_SENTENCES[report.state] + why).rstrip(".")


def _rows(report: MemberReport) -> dict[str, str]:
    def told(time: datetime | None, clock: str = "redis") -> str:
        return f"{rfc3339(time)} ({_CLOCKS[clock]})" if time else ""

    since = "let through at" if report.decided_by == "worker" and report.refusal else "since"
    rows = {
        "place": "" if report.place is None else f"{report.place:,}",
        since: told(report.at, report.clock or "redis"),
        "decided by": report.decided_by or "",
        "coupon": report.issued_coupon_id or "",
        "arrived at": told(report.arrived_at),
        "last seen at": told(report.last_seen_at),
        "outcome due at": told(report.outcome_due_at),
        "next request": f"refused ({report.next_refusal})" if report.next_refusal else "",
        "refused by a worker": "\n".join(
            f"{one.slug}, let through at {told(one.admitted_at)}" for one in report.worker_refusals
        ),
        "request id": report.request_id or "",
    }
    return {name: value for name, value in rows.items() if value}
