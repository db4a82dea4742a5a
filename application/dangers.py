"""Dangers: the changes that the console and the command line ask about, with what each will do.

DANGERS lists all of them but one: planning/publish_danger.py finds what publishing a draft does. To
add one, write a function that finds it and add it there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from domain.coupon import Coupon
from domain.phase import CLOSED, DRAINING
from domain.room_settings import RoomSettings
from waitroom.stats.forecast import forecast_at, stock_for_line
from waitroom.stats.room_stats import RoomStats

# A rate of more than so many times the present one is asked about.
RATE_TIMES_MAX = 3
# So is one that empties the line within so many seconds.
EMPTIES_WITHIN_S = 5


@dataclass(frozen=True, slots=True)
class Sentence:
    """A message id and its values, whose names end in their units."""

    text: str
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Danger:
    """A consequence as a question, and the facts behind it."""

    name: str
    question: Sentence
    facts: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """An offer's coupon and settings before and after a change, and its line at this moment."""

    coupon: Coupon
    room: RoomSettings
    new_coupon: Coupon
    new_room: RoomSettings
    line: RoomStats

    @property
    def is_under_way(self) -> bool:
        """Whether somebody waits, or the room is open."""
        return self.line.waiting > 0 or self.line.at_s >= self.line.opens_at_s


def sentence(text: str, **values: float) -> Sentence:
    return Sentence(text, values)


def find_dangers(change: PlannedChange) -> list[Danger]:
    """What to ask about before this change, the worst first; empty for a room that is over."""
    if change.line.is_over:
        return []
    return [danger for find in DANGERS for danger in find(change)]


def highest_unasked_rate(line: RoomStats) -> float | None:
    """The highest higher rate that is not asked about; None if there is none."""
    most = line.rate_in_force_per_s * RATE_TIMES_MAX
    admitted = min(line.waiting, stock_for_line(line))
    if admitted:
        most = min(most, admitted / EMPTIES_WITHIN_S)
    whole = float(int(most))
    return whole if whole > line.rate_in_force_per_s else None


def _closes(change: PlannedChange) -> Iterator[Danger]:
    if change.new_room.state != CLOSED.word or change.room.state == CLOSED.word:
        return
    line = change.line
    yield Danger(
        "closes",
        sentence("End it for %(waiting)s in line?", waiting=line.waiting),
        (
            sentence(
                "They read that it is over; %(left)s coupons are not issued.",
                left=line.remain_count,
            ),
            sentence(
                "You can open the line again. Members who reload within %(return_s)s get their "
                "place back; later, they go to the end of the line.",
                return_s=change.new_room.return_s,
            ),
        ),
    )


def _ends_the_sale(change: PlannedChange) -> Iterator[Danger]:
    line, ends_at_s = change.line, change.new_coupon.expire_date.timestamp()
    if change.new_coupon.expire_date >= change.coupon.expire_date:
        return
    in_time = max(0.0, ends_at_s - line.at_s) * line.rate_in_force_per_s
    too_late = max(0, line.waiting - int(in_time))
    if ends_at_s <= line.at_s:
        question = sentence(
            "This ends the sale now, for %(waiting)s in line?", waiting=line.waiting
        )
    elif too_late:
        question = sentence(
            "It ends before %(too_late)s in line have their turn?", too_late=too_late
        )
    else:
        return
    yield Danger(
        "ends_the_sale",
        question,
        (
            sentence(
                "%(left)s of %(total)s coupons are not issued yet.",
                left=line.remain_count,
                total=change.coupon.inventory.total_count,
            ),
        ),
    )


def _shrinks_the_stock(change: PlannedChange) -> Iterator[Danger]:
    before = change.coupon.inventory.total_count
    after = change.new_coupon.inventory.total_count
    if after >= before or not change.is_under_way:
        return
    line = change.line
    stock = max(0, stock_for_line(line) - (before - after))
    miss = max(0, line.waiting - stock)
    question = (
        sentence(
            "%(fewer)s fewer: %(miss)s in line will miss out?", fewer=before - after, miss=miss
        )
        if miss
        else sentence("Reduce the stock by %(fewer)s?", fewer=before - after)
    )
    yield Danger(
        "shrinks_the_stock",
        question,
        (
            sentence(
                "%(issued)s are issued; of %(total)s, %(left)s would be left.",
                issued=line.used_count,
                total=after,
                left=max(0, after - line.used_count),
            ),
        ),
    )


def _empties_the_line(change: PlannedChange) -> Iterator[Danger]:
    line, new_per_s, old_per_s = change.line, change.new_room.rate_per_s, _rate_before(change)
    if not _sets_a_higher_rate(change) or not line.waiting:
        return
    ahead = forecast_at(line, new_per_s)
    is_new = forecast_at(line, old_per_s).ends_in_s >= EMPTIES_WITHIN_S
    if ahead.ends_in_s >= EMPTIES_WITHIN_S or not is_new:
        return
    yield Danger(
        "empties_the_line",
        sentence(
            "%(new_per_s)s/s: all %(waiting)s through in about %(ends_s)s?",
            new_per_s=new_per_s,
            waiting=line.waiting,
            ends_s=ahead.ends_in_s,
        ),
        (
            sentence(
                "%(times)s times the present rate (%(old_per_s)s/s).",
                times=new_per_s / old_per_s,
                old_per_s=old_per_s,
            ),
            sentence(
                "%(get)s get a coupon and %(miss)s are refused within seconds. This can’t be "
                "undone.",
                get=line.waiting - ahead.will_miss_out,
                miss=ahead.will_miss_out,
            )
            if ahead.will_miss_out
            else sentence("All of them are admitted within seconds. This can’t be undone."),
        ),
    )


def _raises_the_rate(change: PlannedChange) -> Iterator[Danger]:
    new_per_s, old_per_s = change.new_room.rate_per_s, _rate_before(change)
    if not _sets_a_higher_rate(change) or new_per_s <= RATE_TIMES_MAX * old_per_s:
        return
    if any(_empties_the_line(change)):
        return  # which says it already
    yield Danger(
        "raises_the_rate",
        sentence(
            "%(new_per_s)s/s, %(times)s times the present rate?",
            new_per_s=new_per_s,
            times=new_per_s / old_per_s,
        ),
        (
            sentence("It is %(old_per_s)s/s now.", old_per_s=old_per_s),
            sentence(
                "%(waiting)s in line would be through in %(ends_s)s.",
                waiting=change.line.waiting,
                ends_s=forecast_at(change.line, new_per_s).ends_in_s,
            ),
        ),
    )


def _drains(change: PlannedChange) -> Iterator[Danger]:
    if change.new_room.state != DRAINING.word or change.room.state == DRAINING.word:
        return
    line = change.line
    yield Danger(
        "drains",
        sentence("Take nobody new?"),
        (
            sentence(
                "Nobody can enter from now on; %(entering_per_s)s/s came in the last seconds.",
                entering_per_s=line.entered_per_s,
            ),
            sentence("The %(waiting)s in line are admitted as before.", waiting=line.waiting),
            sentence("“Open again” undoes it, but not for members refused meanwhile."),
        ),
    )


def _rate_before(change: PlannedChange) -> float:
    return change.line.rate_in_force_per_s


def _sets_a_higher_rate(change: PlannedChange) -> bool:
    """Whether an admin's rate is in force after it, and is higher than the rate before."""
    is_same = change.new_room.rate_per_s == change.room.rate_per_s
    is_taken_over = change.room.rate_mode != change.new_room.rate_mode
    if change.new_room.rate_mode != "manual" or (is_same and not is_taken_over):
        return False
    return change.new_room.rate_per_s > _rate_before(change)


# The worst first.
DANGERS: tuple[Callable[[PlannedChange], Iterator[Danger]], ...] = (
    _closes,
    _ends_the_sale,
    _shrinks_the_stock,
    _empties_the_line,
    _raises_the_rate,
    _drains,
)
