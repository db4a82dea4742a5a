"""Which of them a way broke, each in a sentence. None is what every way must show."""

from __future__ import annotations

from load.compare.results import WayResults


def broken_promises(measured: WayResults) -> list[str]:
    """A sentence for each broken promise; empty where all were kept."""
    told = measured.verdict
    due = min(told.members, told.total_count)
    held = (
        f"{measured.connections_max:,} connections were open, with "
        f"{measured.connections_bound:,} as their bound"
    )
    short = f"{told.issued:,} were told that they have one and Postgres has {told.rows or 0:,}"
    faults = (
        (told.failed, f"{told.failed:,} members got no final answer"),
        (told.over_issued, f"{told.over_issued:,} coupons too many were issued"),
        (told.twice, f"{told.twice:,} members got more than one"),
        (told.overtaken, f"{told.overtaken:,} members were overtaken in line"),
        (told.place_rose, f"{told.place_rose:,} times a place in line got worse"),
        (told.told_without_row, f"{told.told_without_row:,} were told without a row in Postgres"),
        (told.row_untold, f"{told.row_untold:,} have a row and were not told"),
        (not told.issued == told.rows == due, f"Of {due:,} coupons, {short}"),
        (not measured.moments, "Nobody could look at Postgres while it ran"),
        (measured.connections_max > measured.connections_bound, held),
    )
    return [f"{sentence}." for is_broken, sentence in faults if is_broken]
