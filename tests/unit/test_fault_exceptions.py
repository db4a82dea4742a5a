"""What looks like a broken promise, and is none."""

from dataclasses import replace

import pytest

from tests.faults.evidence import Row
from tests.faults.promises import SAMPLES_RUNNING, judge
from tests.unit.fault_cast import (
    GOOD,
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
    told,
    waits,
)


@pytest.mark.parametrize(
    "evidence",
    [
        # Nobody asked for 20 s: gone, and not overtaken.
        told("charlie", waits(1, 150), waits(21, 150), answer("sold_out", 22)),
        # Members refused at entry never had a place.
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
        # The answer to Bob's entering got lost, and so did his place, but he had been let through.
        replace(
            told(
                "bob",
                answer("no answer (TimeoutError)", 1),
                waits(4, 400),
                answer("issued", 6, coupon="b"),
            ),
            forgets=True,
        ),
        # One sample alone is a connection whose owner has just been killed.
        replace(GOOD, connections=[7] * 20 + [8] * (SAMPLES_RUNNING - 1) + [7] * 20),
        replace(GOOD, connections=[]),
        # They were refused, and left; then there was more, for Bob too.
        changed(stayed(answer("sold_out", 5)), MORE),
        changed(stayed(answer("closed", 5)), REOPENED),
        changed(stayed(answer("closed", 5)), change("put the end off", 5.5)),
        # A worker refused them while there was less; they asked when there was more again.
        by_worker(
            changed(
                stayed(answer("admitted", 3), answer("sold_out", 7)),
                change("less stock", 4),
                change("more stock", 5.5),
            ),
            5,
        ),
        # The same, and they got one when they asked once more.
        by_worker(
            changed(
                replace(
                    stayed(answer("admitted", 3), answer("sold_out", 7)),
                    once_more={**GOOD.once_more, "charlie": answer("issued", 9, coupon="c")},
                    rows=[*GOOD.rows, Row("c", "charlie", 8.5)],
                    total_count=3,
                    used_count=3,
                    in_force={"total_count": (3, 3)},
                ),
                change("less stock", 4),
                change("more stock", 5.5),
            ),
            5,
        ),
        # The same, and nobody wanted what was added.
        by_worker(
            changed(GOOD, change("less stock", 4), change("more stock", 6.2), total_count=3), 6
        ),
        # The same, and Redis lost data before or after, or lost other data.
        by_worker(
            changed(GOOD, change("more stock", 5), total_count=3),
            4,
            losses_s=[(3.5, 3.9), (7.5, 8)],
            forgets=True,
        ),
        by_worker(
            changed(GOOD, change("more stock", 5), total_count=3),
            4,
            losses_s=[(4.5, 4.6)],
            forgets=True,
            kept={"charlie"},
        ),
        # The refusal was lost on its way, and they asked again when there was more.
        changed(stayed(answer("no answer (TimeoutError)", 5), answer("sold_out", 7)), MORE),
        changed(stayed(answer("unavailable", 5), answer("sold_out", 7)), MORE),
        # What they had been let through for was taken away.
        by_worker(changed(stayed(answer("sold_out", 7)), LESS), 6),
        by_worker(changed(stayed(answer("admitted", 3), answer("sold_out", 7)), LESS), 6),
        # Redis lost that they had been let through, and the room closed.
        stayed(
            answer("admitted", 3),
            answer("closed", 7),
            forgets=True,
            once_more={**GOOD.once_more, "charlie": answer("closed", 9)},
        ),
        # Bob did not come later than they were refused at entry.
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
        # The room was opened again between the two of a double click.
        told("bob", answer("closed", 0.9), waits(1, 200), answer("issued", 6, coupon="b")),
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
