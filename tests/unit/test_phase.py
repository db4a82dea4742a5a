"""The phase of a room and of a place: one table, and the transitions that it leads to."""

from itertools import product
from typing import get_args

import pytest

from docs.make_phase_diagrams import DOCS, diagrams
from domain.phase import (
    ABSENT,
    ADMITTED,
    ISSUED,
    LOBBY,
    PLACE_PHASES,
    PLACE_TRANSITIONS,
    REFUSED,
    RESTORED,
    ROOM_PHASE,
    ROOM_PHASES,
    ROOM_TRANSITIONS,
    WAITING,
    RoomNow,
    Transition,
    place_phase,
    room_phase,
)
from domain.refusals import REFUSALS
from domain.settings_spec import ROOM_STATES
from web.schemas.public import PlaceState

HOUR_US = 3_600_000_000
OPENS_US, CLOSES_US = 10 * HOUR_US, 20 * HOUR_US
open_now = RoomNow("open", 5, now_us=15 * HOUR_US, opens_at_us=OPENS_US, closes_at_us=CLOSES_US)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({}, "open"),
        ({"now_us": OPENS_US}, "open"),
        ({"now_us": OPENS_US - 1}, "scheduled"),
        ({"is_undrawn": True}, "scheduled"),
        ({"state": "draining"}, "draining"),
        ({"state": "draining", "now_us": OPENS_US - 1}, "scheduled"),
        ({"state": "paused"}, "paused"),
        ({"state": "paused", "now_us": OPENS_US - 1}, "paused"),
        ({"is_restoring": True}, "restoring"),
        ({"is_restoring": True, "state": "paused"}, "restoring"),
        ({"is_restoring": True, "now_us": OPENS_US - 1}, "restoring"),
        ({"remain_count": 0}, "sold_out"),
        ({"remain_count": -1}, "sold_out"),
        ({"remain_count": 0, "is_restoring": True}, "sold_out"),
        ({"remain_count": 0, "state": "paused", "now_us": OPENS_US - 1}, "sold_out"),
        ({"state": "closed"}, "closed"),
        ({"state": "closed", "remain_count": 0}, "closed"),
        ({"now_us": CLOSES_US}, "closed"),
        ({"now_us": CLOSES_US, "state": "paused", "remain_count": 0}, "closed"),
    ],
)
def test_what_ends_a_room_comes_before_what_holds_it_up(changes, word):
    assert room_phase(open_now._replace(**changes)).word == word


@pytest.mark.parametrize(
    ("kind", "room", "phase"),
    [
        ("waiting", "open", WAITING),
        ("waiting", "paused", WAITING),
        ("waiting", "draining", WAITING),
        ("waiting", "scheduled", LOBBY),
        ("waiting", "restoring", RESTORED),
        ("admitted", "restoring", ADMITTED),
        ("issued", "sold_out", ISSUED),
        ("refused", "open", REFUSED),
        ("sold_out", "sold_out", REFUSED),
        ("closed", "closed", REFUSED),
        ("draining", "draining", REFUSED),
        ("not_open_yet", "scheduled", REFUSED),
        ("room_full", "open", REFUSED),
        ("absent", "open", ABSENT),
        ("untold", "restoring", RESTORED),
    ],
)
def test_a_place_is_in_the_phase_that_its_room_and_its_member_are(kind, room, phase):
    assert place_phase(kind, ROOM_PHASE[room]) is phase


# What the line says of a member, or why it refuses them.
ANSWERS = ("waiting", "admitted", "issued", "refused", "absent", "untold", "undrawn", *REFUSALS)


def test_every_answer_of_the_line_and_every_state_of_a_place_has_a_phase():
    found = {
        place_phase(kind, room)
        for kind in (*ANSWERS, *get_args(PlaceState))
        for room in ROOM_PHASES
    }

    assert found == set(PLACE_PHASES)
    for state in get_args(PlaceState):
        assert {place_phase(state, room).state for room in ROOM_PHASES} == {state}


def test_what_follows_from_a_phase_does_not_contradict_itself():
    for phase in ROOM_PHASES:
        assert not (phase.is_over and (phase.admits or phase.takes_members)), phase.word
        assert phase.takes_members or phase.lead, f"{phase.word}: a page without a button says why"
        assert phase.label, phase.word
        assert phase.about, phase.word


# What can happen to a room at one moment.
EVENTS = {
    "now_us": (OPENS_US - 1, open_now.now_us, CLOSES_US - 1, CLOSES_US),
    "state": ROOM_STATES,
    "remain_count": (0, 1),
    "is_restoring": (False, True),
    "is_undrawn": (False, True),
}


def test_one_event_leads_from_a_phase_to_another_by_the_table_and_by_nothing_else():
    """Opening is the clock's move and the draw's; both may come between two looks."""
    rooms = [
        open_now._replace(**dict(zip(EVENTS, values, strict=True)))
        for values in product(*EVENTS.values())
    ]
    happened = {
        (room_phase(room).word, room_phase(room._replace(**{name: value})).word)
        for room in rooms
        for name, values in EVENTS.items()
        for value in values
    }

    assert pairs(ROOM_TRANSITIONS) == {
        (before, after) for before, after in happened if before != after
    }


def test_the_table_of_a_places_transitions_knows_each_phase_and_leaves_none_for_ever():
    listed = pairs(PLACE_TRANSITIONS)

    words = {phase.word for phase in PLACE_PHASES}
    assert {source for source, _ in listed} | {target for _, target in listed} == words
    for phase in PLACE_PHASES:
        goes_on = any(source == phase.word for source, _ in listed)
        assert goes_on or phase is ISSUED, phase.word
        assert any(target == phase.word for _, target in listed), phase.word


def pairs(transitions: tuple[Transition, ...]) -> set[tuple[str, str]]:
    return {
        (source, target)
        for one in transitions
        for source in one.sources
        for target in one.targets
        if source != target
    }


@pytest.mark.parametrize("name", diagrams())
def test_the_diagrams_in_the_docs_are_of_these_tables(name):
    """After a change: `.venv/bin/python -m docs.make_phase_diagrams`."""
    assert (DOCS / name).read_text("utf-8") == diagrams()[name]
