import pytest

from domain.differences import (
    KINDS,
    Counts,
    Difference,
    by_kind,
    counts_off,
    in_both,
    row_not_told,
    told_without_row,
)

alice, bob = Difference("row_not_told", "alice"), Difference("row_not_told", "bob")


def test_who_was_told_must_hold_one():
    found = told_without_row(["alice", "bob"], {"alice": "a coupon"})

    assert found == [Difference("told_without_row", "bob")]


def test_who_holds_one_must_have_been_told_unless_it_is_under_way():
    found = row_not_told(["alice", "bob", "charlie"], told=["bob"], under_way=["charlie"])

    assert found == [alice]


@pytest.mark.parametrize(
    ("before", "after", "kinds"),
    [
        (Counts(5, 5, 5), Counts(5, 5, 5), []),
        (Counts(5, 5, 3), Counts(9, 9, 6), []),  # it is told, a moment later
        (Counts(5, 5, 3), Counts(5, 5, 3), ["line_count_off"]),
        (Counts(5, 5, 6), Counts(5, 5, 6), ["line_count_off"]),
        (Counts(5, 4, 5), Counts(5, 4, 5), ["used_count_off"]),
        (Counts(5, 4, 9), Counts(5, 4, 9), ["used_count_off", "line_count_off"]),
    ],
)
def test_counts_must_agree_but_for_what_is_being_told(before, after, kinds):
    assert [one.kind for one in counts_off(before, after)] == kinds


def test_what_is_gone_at_the_second_look_was_under_way():
    assert in_both([alice, bob], [bob]) == [bob]


def test_kinds_come_in_their_order_and_only_where_there_are_any():
    found = by_kind([Difference("job_failed", "1"), alice, bob, Difference("job_failed", "2")])

    assert list(found.items()) == [("row_not_told", ["alice", "bob"]), ("job_failed", ["1", "2"])]
    assert [kind for kind in KINDS if kind in found] == list(found)
