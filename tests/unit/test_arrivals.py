from load.crowd.options import CrowdOptions
from load.crowd.run import arrivals


def crowd(**options: object) -> dict[str, float]:
    return arrivals(CrowdOptions("", "spring", members=50, within_s=2.0, **options))


def test_everybody_arrives_in_time_under_a_name_of_their_own():
    found = crowd()

    assert len(found) == 50
    assert all(0 <= after_s <= 2.0 for after_s in found.values())


def test_the_same_seed_gives_the_same_members_at_the_same_moments():
    assert crowd(seed=3) == crowd(seed=3)
    assert list(crowd(seed=3).items()) == list(crowd(seed=3).items())


def test_another_seed_gives_others_and_so_does_none():
    assert crowd(seed=3).keys().isdisjoint(crowd(seed=4))
    assert crowd().keys().isdisjoint(crowd())
