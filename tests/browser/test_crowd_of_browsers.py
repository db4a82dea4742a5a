"""Twenty real browsers in line together: each sees its place fall, and is told the truth."""

from itertools import pairwise

from load.browsers import line_up
from load.crowd.target import Target
from load.crowd.verdict import verdict

CONTEXTS, COUPONS = 20, 12


def test_twenty_browsers_in_line_together_see_their_places_fall(browser, house, code):
    house.offer(code, total=COUPONS, rate_per_s=2, burst=1)
    house.admin("PATCH", f"/rooms/{code}", {"state": "paused"})
    target = Target(house.base_url, house.identity, house.environ)

    people = line_up(
        browser,
        target,
        code,
        contexts=CONTEXTS,
        within_s=120,
        once_in_line=lambda: house.admin("PATCH", f"/rooms/{code}", {"state": "open"}),
    )

    stories = [person.story for person in people]
    assert [error for person in people for error in person.script_errors] == []
    for person in people:
        assert all(after < before for before, after in pairwise(person.places)), person.story
    assert sorted(person.places[0] for person in people) == [*range(1, CONTEXTS + 1)], stories
    fell = sum(len(person.places) > 1 for person in people)
    assert fell >= CONTEXTS // 4, stories  # or too little was seen to fall
    for person in people:
        pages = {f"GET /coupons/{code}", f"POST /rooms/{code}/enter", f"GET /rooms/{code}"}
        assert pages < set(person.asked)
        assert person.asked[-1] == f"GET /rooms/{code}/live"
        assert [one for one in person.asked if "/favicon" in one], person.asked
        assert [one for one in person.asked if "/app" in one], person.asked
    told = verdict(
        [person.seen for person in people], total_count=COUPONS, holders=target.rows(code)
    )
    assert told.errors == ()
    assert (told.issued, told.refused, told.rows) == (COUPONS, CONTEXTS - COUPONS, COUPONS)
    assert {person.seen.refusal for person in people} == {None, "Sold out"}
    assert told.is_good, told
