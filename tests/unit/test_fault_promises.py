"""Each promise, broken by records made for it; and the same records whole."""

from dataclasses import replace

import pytest

from tests.faults.admin_changes import MadeChange
from tests.faults.clocks import ClockSeen
from tests.faults.evidence import Evidence, Row
from tests.faults.members import Answer, Record
from tests.faults.promises import PROMISES, judge


def answer(said, at_s=1.0, *, arrival=0, ahead=None, coupon=None, asked_s=None, shown=0):
    asked_s = at_s - 0.1 if asked_s is None else asked_s
    return Answer(asked_s, at_s, "place", said, arrival, ahead, coupon, shown)


def waits(at_s, arrival, ahead=0, *, shown=0):
    return answer("waiting", at_s, arrival=arrival, ahead=ahead, shown=shown)


def change(kind, asked_s, over_s=None, *, value=0, before=None, problem=""):
    over_s = asked_s + 0.2 if over_s is None else over_s
    return MadeChange(kind, "field", value, before, asked_s, over_s, problem)


ALICE = Record("alice", [waits(1, 100), waits(3, 100), answer("issued", 5, coupon="a")])
BOB = Record("bob", [waits(1, 200, 1), waits(3, 200), answer("issued", 6, coupon="b")])
CHARLIE = Record("charlie", [waits(1, 300, 2), waits(3, 300, 1), answer("sold_out", 7)])
GOOD = Evidence(
    total_count=2,
    members=[ALICE, BOB, CHARLIE],
    rows=[Row("a", "alice", 4.9), Row("b", "bob", 5.9)],
    used_count=2,
    once_more={
        "alice": answer("issued", 9, coupon="a"),
        "bob": answer("issued", 9, coupon="b"),
        "charlie": answer("sold_out", 9),
    },
    connections=[5, 7, 6],
    connections_bound=7,
    found={"job_failed": ["some job"]},
    holders_before={"alice", "bob"},
    clocks=[ClockSeen("web", -5.0, 0.0, (-5.0, -5.001, -4.2))],
    in_force={"total_count": (2, 2)},
)
MORE, LESS = change("more stock", 5.5), change("less stock", 5.5)
REOPENED = change("open", 5.5, before="closed")
# It was to open at 3 s, and nobody is let through before.
LATE = replace(
    GOOD,
    opens_s=3.0,
    is_draw=True,
    numbers={"alice": 10, "bob": 20},
    members=[
        Record("alice", [waits(1, 10), answer("issued", 5, coupon="a")]),
        Record("bob", [waits(1, 20), answer("issued", 6, coupon="b")]),
        CHARLIE,
    ],
)


def told(record, *answers):
    """The evidence, but for what this member was told."""
    members = [Record(record, list(answers)) if m.member_id == record else m for m in GOOD.members]
    return replace(GOOD, members=members)


def changed(evidence, *changes, **more):
    return replace(evidence, changes=list(changes), **more)


def stayed(*answers, **more):
    """Charlie came before Bob, and stayed, and was told this."""
    return replace(told("charlie", waits(1, 150), *answers), **more)


def in_lobby(record, *answers):
    members = [Record(record, list(answers)) if m.member_id == record else m for m in LATE.members]
    return replace(LATE, members=members)


def once_more(member, said):
    return replace(GOOD, once_more={**GOOD.once_more, member: said})


BROKEN = {
    "over-issued": [replace(GOOD, total_count=1)],
    "twice": [
        replace(GOOD, rows=[*GOOD.rows, Row("c", "bob")]),
        once_more("bob", answer("issued", 9, coupon="another")),
        told("bob", answer("issued", 5, coupon="b"), answer("issued", 6, coupon="another")),
    ],
    "told without a row": [
        replace(GOOD, rows=GOOD.rows[:1], used_count=1),
        replace(GOOD, rows=[GOOD.rows[0], Row("b", "somebody else")]),
        once_more("charlie", answer("issued", 9, coupon="c")),
    ],
    "row untold": [
        once_more("bob", answer("sold_out", 9)),
        once_more("bob", answer("no answer", 9)),
        replace(GOOD, once_more={"alice": GOOD.once_more["alice"]}),
    ],
    "overtaken": [
        told("charlie", waits(1, 150), waits(3, 150), answer("sold_out", 7)),
        # By the first ticket, whatever place they were given later.
        told("charlie", waits(1, 150), waits(3, 350, shown=150), answer("sold_out", 7)),
        # For whatever reason they were refused.
        stayed(answer("closed", 7)),
        stayed(answer("refused: not_open_yet", 7)),
        # There was more again only after Bob had theirs, or before they were refused.
        changed(stayed(answer("sold_out", 7)), change("more stock", 6.5)),
        changed(stayed(answer("sold_out", 7)), change("more stock", 3)),
        changed(stayed(answer("sold_out", 5.7, asked_s=5.6)), change("more stock", 5, 5.5)),
        changed(
            stayed(answer("no answer (TimeoutError)", 6.2), answer("sold_out", 7)),
            change("more stock", 5),
        ),
        # What was given again was not what they were refused for; or it was not given.
        changed(stayed(answer("closed", 5)), MORE),
        changed(stayed(answer("sold_out", 5)), REOPENED),
        changed(stayed(answer("closed", 5)), change("open", 5.5, before="paused")),
        changed(stayed(answer("sold_out", 5)), replace(MORE, problem="already_started")),
        # Stock was taken away, but they stood in line still when Bob had theirs.
        changed(stayed(waits(6.2, 150), answer("sold_out", 7)), change("less stock", 6.5)),
        changed(stayed(waits(6, 150), answer("sold_out", 7)), LESS),
        # Refused at the door, and Bob came later.
        replace(
            GOOD,
            members=[ALICE, BOB, Record("charlie", [answer("sold_out", 0.5)])],
        ),
        # By the number drawn, where there was a draw.
        replace(
            in_lobby("charlie", waits(1, 15), answer("sold_out", 7)),
            numbers={"alice": 10, "charlie": 15, "bob": 20},
        ),
        replace(
            in_lobby("charlie", waits(1, 9 << 50), answer("sold_out", 7)),
            numbers={"alice": 10, "charlie": 15, "bob": 20},
        ),
        # Also where their ticket says a mark and no number.
        replace(
            in_lobby("charlie", waits(1, -7), answer("sold_out", 7)),
            numbers={"alice": 10, "charlie": 15, "bob": 20},
        ),
        in_lobby("charlie", waits(1, -7), waits(3, 15, shown=-7), answer("sold_out", 7)),
    ],
    "turned back": [
        told("charlie", waits(1, 300), answer("refused: not_open_yet", 7)),
        told("charlie", waits(1, 300), answer("admitted", 3), answer("closed", 7)),
    ],
    "too early": [
        replace(GOOD, opens_s=5.5),
        changed(GOOD, change("put off", 2, value=5.5), opens_s=3),
        changed(GOOD, change("bring forward", 2, value=5.5), opens_s=8),
        # It was brought forward only later.
        changed(GOOD, change("bring forward", 5.1, value=4), opens_s=8),
    ],
    "issued to the gone": [
        replace(
            changed(GOOD, change("more stock", 7.5), total_count=3),
            rows=[*GOOD.rows, Row("c", "charlie", 8)],
            holders_before={"alice", "bob", "charlie"},
            once_more={**GOOD.once_more, "charlie": answer("issued", 9, coupon="c")},
            used_count=3,
        )
    ],
    "moved": [
        told("bob", waits(1, 200), waits(3, 201), answer("issued", 6, coupon="b")),
        replace(
            told("bob", waits(1, 200), waits(3, 201, shown=200), answer("sold_out", 7)),
            forgets=True,
        ),
        told("bob", waits(1, 201), waits(2, 200), waits(3, 201, shown=200), answer("issued", 6)),
        # From the lobby to behind it.
        in_lobby("charlie", waits(1, -7), waits(3, 1 << 50, shown=-7), answer("sold_out", 7)),
        in_lobby("charlie", waits(1, 15), waits(3, 16, shown=15), answer("sold_out", 7)),
    ],
    "set back": [
        # Also where a draw was put off.
        changed(
            in_lobby("charlie", waits(3, 300, 2), waits(6, 300, 3), answer("sold_out", 7)),
            change("put off", 4, value=4.5),
        ),
        told("charlie", waits(1, 300, 2), waits(3, 300, 3), answer("sold_out", 7)),
    ],
    "forgotten": [told("charlie", waits(1, 300), answer("no answer", 60)), told("charlie")],
    "took back": [
        once_more("charlie", answer("issued", 9, coupon="c")),
        once_more("charlie", answer("closed", 9)),
        changed(once_more("bob", answer("closed", 9)), REOPENED),
        changed(once_more("charlie", answer("waiting", 9)), change("more stock", 5)),
    ],
    "left over": [
        replace(GOOD, total_count=3),
        changed(GOOD, change("more stock", 5), total_count=3),
    ],
    "unclear": [told("charlie", answer("unclear: 500 b''"), answer("sold_out", 7))],
    "above the bound": [replace(GOOD, connections=[5, 8, 9])],
    "used_count off": [replace(GOOD, used_count=1)],
    "differs": [
        replace(GOOD, found={"row_not_told": ["bob"]}),
        replace(GOOD, left={"job_failed": ["some job"]}),
    ],
    "fell over": [replace(GOOD, fell_over=["admitter 0 (exit code 1)"])],
    "clock right": [
        replace(GOOD, clocks=[ClockSeen("web", -5.0, 0.0, (0.0, 0.001))]),
        replace(GOOD, clocks=[ClockSeen("web", 0.1, 0.0, (0.05,))]),
        replace(GOOD, clocks=[ClockSeen("web", 0.1, 0.0, ())]),
        replace(GOOD, clocks=[ClockSeen("web", 0.1, 0.0, (float("nan"),))]),
    ],
    "change not made": [
        changed(GOOD, change("more stock", 5, problem="already_started")),
        changed(GOOD, change("put off", 5, problem="forbidden")),
        replace(GOOD, in_force={"total_count": (600, 500)}),
    ],
    "opening missed": [
        replace(LATE, members=[Record("charlie", [answer("draining", 1), answer("closed", 4)])]),
        replace(LATE, numbers=None),
    ],
}


def test_every_promise_is_broken_below():
    assert BROKEN.keys() == PROMISES.keys()


@pytest.mark.parametrize("evidence", [GOOD, LATE])
def test_what_was_kept_is_not_called_broken(evidence):
    assert judge(evidence) == []


@pytest.mark.parametrize(
    ("promise", "evidence"),
    [(promise, evidence) for promise, cases in BROKEN.items() for evidence in cases],
)
def test_a_broken_promise_is_named(promise, evidence):
    assert promise in {one.promise for one in judge(evidence)}


@pytest.mark.parametrize(
    "evidence",
    [
        # Nobody asked for 20 s: gone, and not overtaken.
        told("charlie", waits(1, 150), waits(21, 150), answer("sold_out", 22)),
        # Who was told at the door never had a place.
        told("charlie", answer("no answer", 1), answer("sold_out", 7)),
        # A double click: the later place was the earlier answer.
        told(
            "charlie",
            answer("waiting", 1.2, arrival=300, ahead=1, asked_s=0.9),
            answer("waiting", 1.3, arrival=300, ahead=2, asked_s=1.0),
            answer("sold_out", 7),
        ),
        # Others get their places back from their tickets.
        replace(
            told("charlie", waits(1, 300, 2), waits(3, 300, 3), answer("sold_out", 7)),
            forgets=True,
        ),
        # Redis forgot who had entered while they entered once more, not knowing yet that they had.
        replace(told("charlie", waits(1, 150), waits(3, 301), answer("sold_out", 7)), forgets=True),
        # One sample alone is a connection whose owner has just been killed.
        replace(GOOD, connections=[7, 8, 7, 8, 7]),
        replace(GOOD, connections=[]),
        # They were refused, and left; then there was more, for Bob too.
        changed(stayed(answer("sold_out", 5)), MORE),
        changed(stayed(answer("closed", 5)), REOPENED),
        changed(stayed(answer("closed", 5)), change("put the end off", 5.5)),
        # A worker refused them while there was less; they asked when there was more again.
        changed(
            stayed(answer("admitted", 3), answer("sold_out", 7)),
            change("less stock", 4),
            change("more stock", 5.5),
        ),
        # The refusal was lost on its way, and they asked again when there was more.
        changed(stayed(answer("no answer (TimeoutError)", 5), answer("sold_out", 7)), MORE),
        changed(stayed(answer("unavailable", 5), answer("sold_out", 7)), MORE),
        # What they had been let through for was taken away.
        changed(stayed(answer("sold_out", 7)), LESS),
        changed(stayed(answer("admitted", 3), answer("sold_out", 7)), LESS),
        # Redis lost that they had been let through, and the room closed.
        stayed(
            answer("admitted", 3),
            answer("closed", 7),
            forgets=True,
            once_more={**GOOD.once_more, "charlie": answer("closed", 9)},
        ),
        # Bob did not come later than they were refused at the door.
        told("charlie", answer("sold_out", 2)),
        # A double click, one before Redis forgot it, and one after; the earlier ticket came later.
        replace(
            told(
                "charlie",
                waits(1, 301),
                waits(1.1, 300),
                waits(3, 301, shown=300),
                answer("sold_out", 7),
            ),
            forgets=True,
        ),
        # A mark becomes the number that was drawn.
        in_lobby("charlie", waits(1, -7), waits(3, 30, shown=-7), answer("sold_out", 7)),
        # Who was not drawn stands behind the lobby, whenever they came.
        in_lobby("charlie", waits(1, 1 << 50), answer("sold_out", 7)),
        # There was one too many, but only since they were told.
        changed(GOOD, change("more stock", 8), total_count=3),
        changed(once_more("charlie", answer("waiting", 9)), change("more stock", 8)),
        changed(once_more("charlie", answer("closed", 9)), change("close", 8)),
        # An opening that was put off or brought forward, as it was in force.
        changed(GOOD, change("bring forward", 2, value=4), opens_s=8),
        changed(GOOD, change("put off", 5.5, value=9), opens_s=4),
        changed(GOOD, change("put off", 5.5, problem="already_started"), opens_s=4),
    ],
)
def test_what_looks_alike_is_no_broken_promise(evidence):
    assert judge(evidence) == []


def test_each_member_is_named_with_how():
    members = [Record("dora", [waits(1, 10), answer("sold_out", 7)]), *GOOD.members]

    found = judge(replace(GOOD, members=members))

    assert [(one.promise, one.subject) for one in found] == [("overtaken", "dora")]
    assert found[0].how == "arrived at 10, was told sold_out, and 200 got one"
