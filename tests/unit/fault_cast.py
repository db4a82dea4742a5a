"""Records of a run that kept every promise, and ways to change them."""

from dataclasses import replace

from tests.faults.admin_changes import MadeChange
from tests.faults.clocks import ClockSeen
from tests.faults.evidence import Decided, Evidence, Reported, Row, Step, WorkerRefusal
from tests.faults.members import Answer, Record


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
# Nothing but clocks was wrong, and the room was on autopilot.
STEPS = tuple(Step(number / 2, number) for number in range(1, 20))


def timed(evidence, **more):
    values = {
        "ends_s": 20.0,
        "decisions": [Decided("rises", 0.5, 1.0)],
        "autopilot_steps": STEPS,
        "queue_age_max_s": 0.6,
        "reported": [Reported(4.5, 5.0, 1), Reported(5.5, 6.0, 1)],
    }
    return replace(evidence, **values | more)


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


def by_worker(evidence, committed_s, *, said="sold_out", admitted_us=400, **more):
    """Charlie was admitted, and a worker refused them then."""
    refusal = WorkerRefusal("charlie", said, admitted_us, committed_s)
    return replace(evidence, worker_refusals=[refusal], **more)
