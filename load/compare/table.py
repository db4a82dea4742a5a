"""The figures of the table, the same in the terminal and in the report, and in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from load.compare.checks import broken_promises
from load.compare.options import CompareOptions
from load.compare.results import WayResults


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of every way. meaning: what it counts, for who reads the report."""

    name: str
    meaning: str
    cell: Callable[[WayResults], str]


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    rows: tuple[Row, ...]


GROUPS = (
    Group(
        "Exactness",
        (
            Row(
                "coupons issued",
                "Rows in Postgres, of those on offer.",
                lambda m: f"{m.verdict.rows or 0:,} of {m.verdict.total_count:,}",
            ),
            Row(
                "over-issued",
                "Coupons beyond those on offer, told or written.",
                lambda m: f"{m.verdict.over_issued:,}",
            ),
            Row(
                "twice", "Members with more than one, told or written.",
                lambda m: f"{m.verdict.twice:,}",
            ),
            Row(
                "told without a row",
                "Members told that they have one, while Postgres has none.",
                lambda m: f"{m.verdict.told_without_row:,}",
            ),
            Row(
                "a row but not told",
                "Members who have one in Postgres and were told otherwise.",
                lambda m: f"{m.verdict.row_untold:,}",
            ),
            Row(
                "without an answer",
                "Members who got no final answer.",
                lambda m: f"{m.verdict.failed:,}",
            ),
        ),
    ),
    Group(
        "Order",
        (
            Row(
                "overtaken",
                "Members refused though the line had them before somebody who got one. "
                "The direct ways write no arrival down, so there is nothing to hold them to.",
                lambda m: f"{m.verdict.overtaken:,}" if m.way == "queue" else "no order",
            ),
            Row(
                "out of turn",
                "Coupons that went to a member who was not among the first that many to set out, "
                "by the crowd's own clock. Some are chance: requests pass one another on the way.",
                lambda m: f"{m.out_of_turn:,}",
            ),
        ),
    ),
    Group(
        "Speed",
        (
            Row(
                "until the last coupon",
                "Seconds from when the first member set out until Postgres had all coupons.",
                lambda m: "-" if m.issued_within_s is None else make_sentence(m.issued_within_s),
            ),
            Row(
                "coupons a second",
                "Over that time.",
                lambda m: "-" if m.issued_per_s is None else f"{m.issued_per_s:,.0f}",
            ),
            Row(
                "until all knew",
                "Seconds from when the first member set out until the last one knew the outcome.",
                lambda m: make_sentence(m.took_s),
            ),
            Row("requests answered", "All answers, those that said to come again included.",
                lambda m: f"{m.requests:,}"),
            Row("answers a second", "Over the time until all knew.",
                lambda m: f"{m.answers_per_s:,.0f}"),
        ),
    ),
    Group(
        "One answer took",
        (
            Row("mean", "Of one request, from when it was sent. In line, an answer is not yet "
                "the outcome.", lambda m: _ms(m.answer.mean_ms)),
            Row("p50", "Half of the requests took at most this.", lambda m: _ms(m.answer.p50_ms)),
            Row("p99", "99 of 100 took at most this.", lambda m: _ms(m.answer.p99_ms)),
        ),
    ),
    Group(
        "A member knew the outcome after",
        (
            Row("mean", "From when the member set out until they were told that they have one or "
                "that there are none left: all waiting and coming again included.",
                lambda m: _ms(m.known.mean_ms)),
            Row("p50", "Half of the members knew by then.", lambda m: _ms(m.known.p50_ms)),
            Row("p99", "99 of 100 knew by then.", lambda m: _ms(m.known.p99_ms)),
        ),
    ),
    Group(
        "Where people waited",
        (
            Row("waited in line", "Members with a place in line who asked for it again.",
                lambda m: f"{m.verdict.waited:,}"),
            Row("told to come again", "Answers 503 `unavailable`, which members obeyed.",
                lambda m: f"{m.turned_back:,}"),
            Row("tried again inside", "How often the way itself had to begin anew, for those who "
                "got one: others were faster, or its lock had passed on.",
                lambda m: f"{m.retries:,}"),
            Row("blocked in Postgres", "Of the looks while coupons were issued, those that found "
                "a connection waiting for a lock.", lambda m: f"{m.blocked_share:.0%}"),
            Row("connections at most", "Open to Postgres, of all the product's processes, and "
                "their bound.", lambda m: f"{m.connections_max} of {m.connections_bound}"),
            Row("busy at most", "Of those, in the middle of something.",
                lambda m: f"{m.busy_max}"),
        ),
    ),
)  # fmt: skip


def effects(measured: WayResults, options: CompareOptions) -> str:
    """What is seen in the figures of one way: where people waited, and what it cost."""
    if faults := broken_promises(measured):
        return " ".join(faults)
    return f"{_WAITED[measured.way](measured, options)} {_turned_back(measured)}"


def _pessimistic(m: WayResults, _: CompareOptions) -> str:
    return (
        f"Callers waited for the coupon's row in Postgres, each with a connection: "
        f"{m.blocked_share:.0%} of the looks found one blocked."
    )


def _optimistic(m: WayResults, _: CompareOptions) -> str:
    each = m.retries / max(1, m.verdict.issued)
    return (
        f"Nobody took a lock beforehand; who lost a race began anew: {m.retries:,} times, "
        f"{each:.1f} for each coupon."
    )


def _redis_lock(m: WayResults, _: CompareOptions) -> str:
    return (
        f"Callers waited for a lock in Redis and looked for it again and again; meanwhile at most "
        f"{m.busy_max} of {m.connections_max} connections did anything."
    )


def _queue(m: WayResults, options: CompareOptions) -> str:
    workers = f"{options.workers} {'worker' if options.workers == 1 else 'workers'}"
    return (
        f"Everybody was answered with a place or the outcome (half within {_ms(m.answer.p50_ms)}), "
        f"and {m.verdict.waited:,} waited in Redis while {workers} issued in batches."
    )


_WAITED: dict[str, Callable[[WayResults, CompareOptions], str]] = {
    "pessimistic": _pessimistic,
    "optimistic": _optimistic,
    "redis_lock": _redis_lock,
    "queue": _queue,
}


def _turned_back(m: WayResults) -> str:
    if m.turned_back == 0:
        return "Nobody was told to come again."
    each = m.turned_back / max(1, m.verdict.members)
    on_average = f", {each:.1f} for each member" if each >= 0.1 else ""
    return f"{m.turned_back:,} answers said to come again{on_average}."


def make_sentence(seconds: float) -> str:
    """In the unit that people would say it in."""
    return f"{seconds * 1_000:,.0f} ms" if seconds < 1 else f"{seconds:,.1f} s"


def _ms(milliseconds: float) -> str:
    return make_sentence(milliseconds / 1_000)
