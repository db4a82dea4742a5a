"""A member with another place, another arrival or none after a reload storm counts as lost."""

from load.bench.measures.reload_storm import count_lost

BEFORE = {"alice": (0, 1_000), "bob": (1, 2_000), "carol": (2, 3_000)}


def test_members_who_keep_their_places_are_not_lost():
    assert count_lost(BEFORE, BEFORE | {"dan": (3, 4_000)}) == 0


def test_members_who_moved_came_again_or_left_are_lost():
    moved = {"alice": (1, 1_000), "bob": (0, 2_000), "carol": (2, 3_000)}
    came_again = BEFORE | {"carol": (2, 9_000)}
    left = {"alice": (0, 1_000), "bob": (1, 2_000)}

    assert [count_lost(BEFORE, after) for after in (moved, came_again, left)] == [2, 1, 1]
