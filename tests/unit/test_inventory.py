import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.inventory import Inventory
from domain.refusals import SoldOut


def test_using_one_gives_a_new_inventory_and_leaves_the_old():
    before = Inventory(total_count=3)

    after = before.use()

    assert after == Inventory(total_count=3, used_count=1)
    assert before == Inventory(total_count=3, used_count=0)


def test_nothing_can_be_used_beyond_the_stock():
    empty = Inventory(total_count=1, used_count=1)

    with pytest.raises(SoldOut):
        empty.use()


def test_remaining_stock_and_whether_it_has_started():
    untouched, begun, empty = Inventory(2), Inventory(2, 1), Inventory(2, 2)

    assert [i.remain_count for i in (untouched, begun, empty)] == [2, 1, 0]
    assert [i.has_available_stock for i in (untouched, begun, empty)] == [True, True, False]
    assert [i.is_started for i in (untouched, begun, empty)] == [False, True, True]


def test_what_somebody_holds_cannot_be_removed():
    with pytest.raises(ValueError, match="at least 2, the number already issued, got 1"):
        Inventory(total_count=3, used_count=2).remove(2)


@pytest.mark.parametrize("counts", [(-1, 0), (1, 2), (1, -1), (10_000_001, 0)])
def test_an_impossible_inventory_cannot_be_made(counts):
    with pytest.raises(ValueError):
        Inventory(*counts)


@pytest.mark.parametrize("count", [0, -1])
@pytest.mark.parametrize("verb", ["use", "add", "remove"])
def test_counts_begin_at_one(verb, count):
    with pytest.raises(ValueError, match="at least 1"):
        getattr(Inventory(5), verb)(count)


moves = st.lists(st.tuples(st.sampled_from(["use", "add", "remove", "resize"]), st.integers(0, 30)))


@given(st.integers(0, 50), moves)
def test_no_sequence_of_moves_breaks_the_counts(total, sequence):
    inventory = Inventory(total)

    for verb, count in sequence:
        before = inventory
        try:
            inventory = getattr(inventory, verb)(count)
        except (ValueError, SoldOut):
            assert inventory is before

        assert 0 <= inventory.used_count <= inventory.total_count
        assert inventory.remain_count + inventory.used_count == inventory.total_count
        assert inventory.used_count >= before.used_count
