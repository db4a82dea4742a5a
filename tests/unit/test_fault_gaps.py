"""How long nobody entered and nobody was issued a coupon, from the records of a run."""

from dataclasses import replace

from tests.faults.evidence import Row
from tests.faults.gaps import gaps_of, table_of_gaps
from tests.faults.members import Answer, Record
from tests.unit.fault_cast import GOOD


def entered(at_s, said="waiting", call="enter"):
    return Record(f"at {at_s}", [Answer(at_s - 0.1, at_s, call, said)])


def test_the_longest_time_between_two_who_enter_while_members_come():
    members = [entered(at_s) for at_s in (1, 2, 4.5, 5, 20)]

    assert gaps_of(replace(GOOD, members=members), come_within_s=6)["enter"] == 2.5


def test_the_time_until_members_no_longer_come_counts_too():
    assert gaps_of(replace(GOOD, members=[entered(1)]), come_within_s=9)["enter"] == 8


def test_only_answers_to_entering_count():
    others = [entered(2, "unavailable"), entered(3, "no answer (TimeoutError)")]
    others += [entered(2.5, call="place"), entered(3.5, "unclear: 500")]
    members = [entered(1), *others, entered(5, "sold_out")]

    assert gaps_of(replace(GOOD, members=members), come_within_s=5)["enter"] == 4


def test_coupons_count_from_the_first_to_the_last():
    rows = [Row(str(at_s), str(at_s), at_s) for at_s in (9, 3, 3.5, 8)]

    assert gaps_of(replace(GOOD, rows=rows), come_within_s=20)["issue"] == 4.5


def test_the_table_has_the_least_and_the_longest_of_each_kind():
    results = [
        {"seed": 1, "gaps": {"enter": 0.5, "issue": 3.0}},
        {"seed": 2, "gaps": {"enter": 1.5, "issue": 2.0}},
        {"seed": 3, "gaps": {"enter": 0.2, "issue": 0.3}},
    ]

    lines = table_of_gaps({1: "stop", 2: "stop", 3: "kill"}, results).splitlines()

    assert [" ".join(line.split()) for line in lines] == [
        "stop no enter for 0.5 to 1.5 s, no issue for 2.0 to 3.0 s",
        "kill no enter for 0.2 to 0.2 s, no issue for 0.3 to 0.3 s",
    ]
