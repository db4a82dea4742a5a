"""Checks: the promises that a way broke, as sentences."""

from __future__ import annotations

from load.compare.results import WayResults


def broken_promises(measured: WayResults) -> list[str]:
    """A sentence for each broken promise; empty if all were kept."""
    crowd = measured.verdict
    due = min(crowd.members, crowd.total_count)
    too_many_open = (
        f"{measured.connections_max:,} connections were open, more than the bound of "
        f"{measured.connections_bound:,}"
    )
    short = f"{crowd.issued:,} members read that they have one; Postgres has {crowd.rows or 0:,}"
    without_row = f"{crowd.told_without_row:,} members read that they have a coupon without a row"
    untold = f"{crowd.row_untold:,} members have a row and did not read that they have a coupon"
    faults = (
        (crowd.failed, f"{crowd.failed:,} members got no final answer"),
        (crowd.over_issued, f"{crowd.over_issued:,} coupons too many were issued"),
        (crowd.twice, f"{crowd.twice:,} members got more than one"),
        (crowd.overtaken, f"{crowd.overtaken:,} members were overtaken in line"),
        (crowd.place_rose, f"A place in line got worse {crowd.place_rose:,} times"),
        (crowd.told_without_row, without_row),
        (crowd.row_untold, untold),
        (not crowd.issued == crowd.rows == due, f"Of {due:,} coupons, {short}"),
        (not measured.moments, "Postgres could not be sampled during the run"),
        (measured.connections_max > measured.connections_bound, too_many_open),
    )
    return [f"{sentence}." for is_broken, sentence in faults if is_broken]
