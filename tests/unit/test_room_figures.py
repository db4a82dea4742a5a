"""The figures of many rooms: one reading a room and second, for all who watch."""

import asyncio
from collections import Counter
from datetime import datetime, timedelta

import pytest

from tests.unit.board_template_cast import NOON, some_figures
from waitroom.errors import LineAway, NoSuchRoom
from web.i18n import languages
from web.pages.admin.sale.overview import ListedRoom, make_row, select_rooms
from web.pages.admin.sale.room_figures import ASKED_AT_ONCE, RoomFigures

ROOMS = [f"room-{n}" for n in range(200)]
EN = languages()["en"]


class Line:
    """Answers with the same figures, and counts what it is asked."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.now = self.most = 0
        self.is_away = False

    async def room_stats(self, code: str):
        self.asked[code] += 1
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0)
        self.now -= 1
        if self.is_away:
            raise LineAway
        if code == "unknown":
            raise NoSuchRoom
        return some_figures()


@pytest.fixture
def line():
    return Line()


@pytest.fixture
def clock():
    return [100.0]


@pytest.fixture
def figures(line, clock):
    return RoomFigures(line.room_stats, clock=lambda: clock[0])


async def test_twenty_who_watch_two_hundred_rooms_cost_one_reading_a_room_and_second(
    figures, line, clock
):
    await asyncio.gather(*(figures.of_rooms(ROOMS) for _ in range(20)))
    clock[0] += 0.9
    await figures.of_rooms(ROOMS)

    assert set(line.asked.values()) == {1}
    assert line.asked.keys() == set(ROOMS)
    assert line.most <= ASKED_AT_ONCE
    clock[0] += 0.2
    await figures.of_rooms(ROOMS)
    assert set(line.asked.values()) == {2}


async def test_a_line_that_is_away_is_asked_about_a_few_rooms_only(figures, line):
    line.is_away = True

    found = await figures.of_rooms(ROOMS)

    assert found == dict.fromkeys(ROOMS)
    assert line.asked.total() <= ASKED_AT_ONCE


async def test_a_room_that_the_line_does_not_know_yet_has_no_figures(figures):
    found = await figures.of_rooms(["room-1", "unknown"])

    assert (found["room-1"], found["unknown"]) == (some_figures(), None)


def a_room(code: str, opens_in: timedelta, lasts: timedelta | None, **changes) -> ListedRoom:
    opens_at: datetime = NOON + opens_in
    ends_at = None if lasts is None else opens_at + lasts
    given = {"title": "Spring sale", "site": ""} | changes
    return ListedRoom(code=code, opens_at=opens_at, ends_at=ends_at, total=10, **given)


DAY, HOUR = timedelta(days=1), timedelta(hours=1)
LISTED = [
    a_room("over", -DAY, HOUR),
    a_room("later", 2 * HOUR, DAY, title="Night market"),
    a_room("soon", HOUR, DAY),
    a_room("older", -2 * HOUR, DAY),
    a_room("newer", -HOUR, DAY),
    a_room("shop", -3 * HOUR, None, site="Tea shop"),
]


@pytest.mark.parametrize(
    ("q", "show", "codes"),
    [
        ("", "", ["newer", "older", "shop", "soon", "later", "over"]),
        ("", "live", ["newer", "older", "shop"]),
        ("", "soon", ["soon", "later"]),
        ("", "over", ["over"]),
        ("NIGHT", "", ["later"]),
        ("tea", "", ["shop"]),
        ("spring old", "", ["older"]),
        ("spring", "soon", ["soon"]),
        ("nothing", "", []),
    ],
)
def test_rooms_are_found_by_words_and_by_when_they_are_open(q, show, codes):
    assert [one.code for one in select_rooms(LISTED, q, show, NOON)] == codes


def test_a_room_without_figures_says_so_and_keeps_its_schedule():
    row = make_row(LISTED[2], None, NOON, EN)

    assert (row.state, row.waiting, row.per_s, row.left) == ("scheduled", "–", "–", "–")
