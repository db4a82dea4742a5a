"""Table: the figures of a comparison with their meanings, for the terminal and the HTML report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from load.compare.checks import broken_promises
from load.compare.options import CompareOptions
from load.compare.results import WayResults


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of every way. meaning: explains it in the report."""

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
                "Rows in Postgres, of the coupons on offer.",
                lambda m: f"{m.verdict.rows or 0:,} of {m.verdict.total_count:,}",
            ),
            Row(
                "over-issued",
                "Coupons beyond the stock, by members' answers or by rows.",
                lambda m: f"{m.verdict.over_issued:,}",
            ),
            Row(
                "members with two coupons",
                "Members with more than one coupon, by their answers or by rows.",
                lambda m: f"{m.verdict.twice:,}",
            ),
            Row(
                "outcome without a row",
                "Members whose answer was a coupon, while Postgres has no row.",
                lambda m: f"{m.verdict.told_without_row:,}",
            ),
            Row(
                "row without an outcome",
                "Members with a row in Postgres whose answer was not a coupon.",
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
                "Members who were refused, though a later arrival got a coupon. The direct ways "
                "record no arrivals, so they have no order to keep.",
                lambda m: f"{m.verdict.overtaken:,}" if m.way == "queue" else "no order",
            ),
            Row(
                "out of turn",
                "Of n coupons, those that went to members who were not among the first n to set "
                "out, by the crowd's clock. Some are chance: requests overtake each other on the "
                "network.",
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
                "Until the last coupon.",
                lambda m: "-" if m.issued_per_s is None else f"{m.issued_per_s:,.0f}",
            ),
            Row(
                "until the last outcome",
                "Seconds from when the first member set out until the last one had an outcome.",
                lambda m: make_sentence(m.took_s),
            ),
            Row("requests answered", "All responses, including those that ask to retry.",
                lambda m: f"{m.requests:,}"),
            Row("answers a second", "Over the time until the last outcome.",
                lambda m: f"{m.answers_per_s:,.0f}"),
        ),
    ),
    Group(
        "One answer took",
        (
            Row("mean", "The response time of one request. In line, the first response is a place, "
                "not the outcome.", lambda m: _ms(m.answer.mean_ms)),
            Row("p50", "Half of the requests took at most this.", lambda m: _ms(m.answer.p50_ms)),
            Row("p99", "99 of 100 took at most this.", lambda m: _ms(m.answer.p99_ms)),
        ),
    ),
    Group(
        "A member had the outcome after",
        (
            Row("mean", "From when the member set out until their coupon or refusal, including all "
                "waiting and retries.",
                lambda m: _ms(m.known.mean_ms)),
            Row("p50", "Half of the members had it by then.", lambda m: _ms(m.known.p50_ms)),
            Row("p99", "99 of 100 had it by then.", lambda m: _ms(m.known.p99_ms)),
        ),
    ),
    Group(
        "Where members waited",
        (
            Row("waited in line", "Members who polled a place in line.",
                lambda m: f"{m.verdict.waited:,}"),
            Row("503 answers", "Responses 503 `unavailable`; the members retried later.",
                lambda m: f"{m.turned_back:,}"),
            Row("internal retries", "Retries within a request that issued a coupon: "
                "another transaction was first, or the lock had expired.",
                lambda m: f"{m.retries:,}"),
            Row("blocked in Postgres", "The share of samples, while coupons were issued, with a "
                "connection waiting for a lock.", lambda m: f"{m.blocked_share:.0%}"),
            Row("connections at most", "Open connections to Postgres of all the product's "
                "processes, and their bound.",
                lambda m: f"{m.connections_max} of {m.connections_bound}"),
            Row("busy at most", "Of these, connections that were not idle.",
                lambda m: f"{m.busy_max}"),
        ),
    ),
)  # fmt: skip


def effects(measured: WayResults, options: CompareOptions) -> str:
    """The broken promises of one way; or where its members waited, and the cost."""
    if faults := broken_promises(measured):
        return " ".join(faults)
    return f"{_WAITED[measured.way](measured, options)} {_turned_back(measured)}"


def _pessimistic(m: WayResults, _: CompareOptions) -> str:
    return (
        f"Requests waited for the lock on the coupon's row, each with a connection to Postgres: "
        f"{m.blocked_share:.0%} of the samples found one blocked."
    )


def _optimistic(m: WayResults, _: CompareOptions) -> str:
    each = m.retries / max(1, m.verdict.issued)
    return (
        f"Transactions took no lock and retried after a conflict: {m.retries:,} times, "
        f"{each:.1f} for each coupon."
    )


def _redis_lock(m: WayResults, _: CompareOptions) -> str:
    return (
        f"Requests polled for a lock in Redis; meanwhile at most {m.busy_max} of "
        f"{m.connections_max} connections to Postgres were busy."
    )


def _queue(m: WayResults, options: CompareOptions) -> str:
    workers = f"{options.workers} {'worker' if options.workers == 1 else 'workers'}"
    return (
        f"Each request got a place or the outcome (half within {_ms(m.answer.p50_ms)}), and "
        f"{m.verdict.waited:,} members waited in Redis while {workers} issued in batches."
    )


_WAITED: dict[str, Callable[[WayResults, CompareOptions], str]] = {
    "pessimistic": _pessimistic,
    "optimistic": _optimistic,
    "redis_lock": _redis_lock,
    "queue": _queue,
}


def _turned_back(m: WayResults) -> str:
    if m.turned_back == 0:
        return "No response asked to retry."
    each = m.turned_back / max(1, m.verdict.members)
    on_average = f", {each:.1f} for each member" if each >= 0.1 else ""
    return f"{m.turned_back:,} responses asked to retry{on_average}."


def make_sentence(seconds: float) -> str:
    """Milliseconds below a second, else seconds."""
    return f"{seconds * 1_000:,.0f} ms" if seconds < 1 else f"{seconds:,.1f} s"


def _ms(milliseconds: float) -> str:
    return make_sentence(milliseconds / 1_000)
