"""Each promise, broken by records made for it; and the same records whole."""

from dataclasses import replace

import pytest

from tests.faults.clocks import ClockSeen
from tests.faults.evidence import Decided, Row, Step, TakenOver
from tests.faults.members import Record
from tests.faults.promises import PROMISES, SAMPLES_RUNNING, judge
from tests.faults.took_hold import LOST_BYTES_MIN
from tests.unit.fault_cast import (
    ALICE,
    BOB,
    GOOD,
    LATE,
    LESS,
    MORE,
    REOPENED,
    answer,
    by_worker,
    change,
    changed,
    in_lobby,
    once_more,
    stayed,
    timed,
    told,
    waits,
)

BROKEN = {
    "over-issued": [replace(GOOD, total_count=1)],
    "two coupons": [
        replace(GOOD, rows=[*GOOD.rows, Row("c", "bob")]),
        once_more("bob", answer("issued", 9, coupon="another")),
        told("bob", answer("issued", 5, coupon="b"), answer("issued", 6, coupon="another")),
    ],
    "outcome without a row": [
        replace(GOOD, rows=GOOD.rows[:1], used_count=1),
        replace(GOOD, rows=[GOOD.rows[0], Row("b", "somebody else")]),
        once_more("charlie", answer("issued", 9, coupon="c")),
    ],
    "row without an outcome": [
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
        # Stock was taken away, but they had not been admitted; or a worker had refused them before.
        changed(stayed(answer("sold_out", 7)), LESS),
        changed(stayed(answer("admitted", 3), answer("sold_out", 7)), LESS),
        by_worker(changed(stayed(answer("sold_out", 7)), LESS), 5.4),
        # Stock was taken away before a worker refused them, and Bob had theirs after that.
        by_worker(changed(stayed(answer("sold_out", 7)), LESS), 5.8),
        # Of one batch Bob got the last one that was left, and then there was more again.
        by_worker(
            changed(
                stayed(answer("admitted", 3), answer("sold_out", 7)),
                change("less stock", 4),
                change("more stock", 6, 6.3),
            ),
            5.9,
        ),
        # A worker refused them when there was more again.
        by_worker(changed(stayed(answer("sold_out", 7)), change("more stock", 5.5)), 6.5),
        # Refused at entry, and Bob came later.
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
        # Alice asked after the opening, and had theirs before.
        replace(GOOD, opens_s=4.95),
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
        # A worker refused them when there was more.
        by_worker(changed(GOOD, change("more stock", 5), total_count=3), 5.5),
        # A worker refused them before, and not for this; or not for this place.
        by_worker(changed(GOOD, change("more stock", 5), total_count=3), 4, said="closed"),
        by_worker(
            changed(
                told("charlie", waits(1, 300), answer("sold_out", 7, shown=500)),
                change("more stock", 5),
                total_count=3,
            ),
            4,
        ),
        # A worker refused them before, and Redis lost that before they asked.
        by_worker(changed(GOOD, change("more stock", 5), total_count=3), 4, losses_s=[(4.5, 4.6)]),
        # A worker refused them before; they entered again, and were refused at entry.
        by_worker(
            changed(
                told("charlie", replace(answer("sold_out", 7), call="enter")),
                change("more stock", 5),
                total_count=3,
            ),
            4,
        ),
    ],
    "unclear": [told("charlie", answer("unclear: 500 b''"), answer("sold_out", 7))],
    "above the bound": [replace(GOOD, connections=[5] + [8, 9] * SAMPLES_RUNNING)],
    "used_count off": [replace(GOOD, used_count=1)],
    "differs": [
        replace(GOOD, found={"row_not_told": ["bob"]}),
        replace(GOOD, left={"job_failed": ["some job"]}),
    ],
    "fell over": [replace(GOOD, fell_over=["admitter 0 (exit code 1)"])],
    "good credentials refused": [
        told("charlie", answer("bad_token", 0.5), waits(1, 300), answer("sold_out", 7)),
        told("charlie", waits(1, 300), answer("bad_ticket", 3), answer("sold_out", 7)),
    ],
    "refused for the time": [
        timed(told("charlie", answer("not_open_yet", 2), waits(3, 300), answer("sold_out", 7))),
        timed(told("charlie", waits(1, 300), answer("closed", 7))),
        timed(told("charlie", waits(1, 300), answer("refused: closed", 7))),
    ],
    "issued out of time": [timed(GOOD, opens_s=5.5), timed(GOOD, ends_s=2.0)],
    "autopilot misled": [
        timed(GOOD, decisions=[Decided("batches_failed", 0.5, 1.0)]),
        timed(GOOD, decisions=[Decided("queue", 10.0, 1.0)]),
        timed(GOOD, decisions=[Decided("rises", 0.5, 60.0)]),
        timed(GOOD, autopilot_steps=[Step(1, 1), Step(2, 2), Step(3, 2), Step(7.5, 2)]),
    ],
    "autopilot not seen": [timed(GOOD, decisions=()), timed(GOOD, autopilot_steps=())],
    "clock not skewed": [
        replace(GOOD, clocks=[ClockSeen("web", -5.0, 0.0, (0.0, 0.001))]),
        replace(GOOD, clocks=[ClockSeen("web", 0.1, 0.0, (0.05,))]),
        replace(GOOD, clocks=[ClockSeen("web", 0.1, 0.0, ())]),
        replace(GOOD, clocks=[ClockSeen("web", 0.1, 0.0, (float("nan"),))]),
    ],
    "nothing lost": [replace(GOOD, lost_bytes=0), replace(GOOD, lost_bytes=LOST_BYTES_MIN - 1)],
    # Of Alice, Bob and Charlie, who had places at 1 s, the replica knew Alice alone.
    "acknowledged place lost": [
        replace(GOOD, taken_over=TakenOver(2.0, {"alice"}, 1)),
        replace(GOOD, taken_over=TakenOver(1.0, {"alice", "charlie"}, 0)),
    ],
    "fault without effect": [
        replace(GOOD, effects={"host a: stop": 0}),
        replace(GOOD, effects={"host a: stop": 3, "host b: cut off": 0}),
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


@pytest.mark.parametrize(
    "evidence",
    [
        GOOD,
        LATE,
        replace(GOOD, lost_bytes=LOST_BYTES_MIN),
        timed(GOOD),
        replace(GOOD, taken_over=TakenOver(2.0, {"alice"}, 2)),
        replace(GOOD, taken_over=TakenOver(0.5, {}, 0)),
        replace(GOOD, effects={"host a: stop": 3}),
    ],
)
def test_what_was_kept_is_not_called_broken(evidence):
    assert judge(evidence) == []


@pytest.mark.parametrize(
    ("promise", "evidence"),
    [(promise, evidence) for promise, cases in BROKEN.items() for evidence in cases],
)
def test_a_broken_promise_is_named(promise, evidence):
    assert promise in {one.promise for one in judge(evidence)}


def test_each_member_is_named_with_how():
    members = [Record("dora", [waits(1, 10), answer("sold_out", 7)]), *GOOD.members]

    found = judge(replace(GOOD, members=members))

    assert [(one.promise, one.subject) for one in found] == [("overtaken", "dora")]
    assert found[0].how == (
        "arrived at 10, got sold_out by the line, and bob of 200 got one at 5.900 s"
    )
