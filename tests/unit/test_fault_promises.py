"""Each promise, broken by records made for it; and the same records whole."""

from dataclasses import replace

import pytest

from tests.faults.members import Answer, Record
from tests.faults.promises import PROMISES, Evidence, Row, judge


def answer(said, at_s=1.0, *, arrival=0, ahead=None, coupon=None, asked_s=None, shown=0):
    asked_s = at_s - 0.1 if asked_s is None else asked_s
    return Answer(asked_s, at_s, "place", said, arrival, ahead, coupon, shown)


def waits(at_s, arrival, ahead=0, *, shown=0):
    return answer("waiting", at_s, arrival=arrival, ahead=ahead, shown=shown)


ALICE = Record("alice", [waits(1, 100), waits(3, 100), answer("issued", 5, coupon="a")])
BOB = Record("bob", [waits(1, 200, 1), waits(3, 200), answer("issued", 6, coupon="b")])
CHARLIE = Record("charlie", [waits(1, 300, 2), waits(3, 300, 1), answer("sold_out", 7)])
GOOD = Evidence(
    total_count=2,
    members=[ALICE, BOB, CHARLIE],
    rows=[Row("a", "alice"), Row("b", "bob")],
    used_count=2,
    once_more={
        "alice": answer("issued", 9, coupon="a"),
        "bob": answer("issued", 9, coupon="b"),
        "charlie": answer("sold_out", 9),
    },
    connections=[5, 7, 6],
    connections_bound=7,
    found={"job_failed": ["some job"]},
)


def told(record, *answers):
    """The evidence, but for what this member was told."""
    members = [Record(record, list(answers)) if m.member_id == record else m for m in GOOD.members]
    return replace(GOOD, members=members)


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
    ],
    "moved": [
        told("bob", waits(1, 200), waits(3, 201), answer("issued", 6, coupon="b")),
        replace(
            told("bob", waits(1, 200), waits(3, 201, shown=200), answer("sold_out", 7)),
            forgets=True,
        ),
    ],
    "set back": [
        told("charlie", waits(1, 300, 2), waits(3, 300, 3), answer("sold_out", 7)),
    ],
    "forgotten": [told("charlie", waits(1, 300), answer("no answer", 60)), told("charlie")],
    "took back": [once_more("charlie", answer("issued", 9, coupon="c"))],
    "left over": [replace(GOOD, total_count=3)],
    "unclear": [told("charlie", answer("unclear: 500 b''"), answer("sold_out", 7))],
    "above the bound": [replace(GOOD, connections=[5, 8, 9])],
    "used_count off": [replace(GOOD, used_count=1)],
    "differs": [
        replace(GOOD, found={"row_not_told": ["bob"]}),
        replace(GOOD, left={"job_failed": ["some job"]}),
    ],
    "fell over": [replace(GOOD, fell_over=["admitter 0 (exit code 1)"])],
}


def test_every_promise_is_broken_below():
    assert BROKEN.keys() == PROMISES.keys()


def test_what_was_kept_is_not_called_broken():
    assert judge(GOOD) == []


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
    ],
)
def test_what_looks_alike_is_no_broken_promise(evidence):
    assert judge(evidence) == []


def test_each_member_is_named_with_how():
    members = [Record("dora", [waits(1, 10), answer("sold_out", 7)]), *GOOD.members]

    found = judge(replace(GOOD, members=members))

    assert [(one.promise, one.subject) for one in found] == [("overtaken", "dora")]
    assert found[0].how == "arrived at 10, and 200 got one"
