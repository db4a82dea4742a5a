"""The catalogue's cache: one reading a second however many look, and rather old than nothing."""

import asyncio

import pytest

from application.listing_cache import FORGIVEN_AFTER_S
from application.offer_cache import FRESH_S, OfferCache
from issuance.errors import NoSuchCoupon, OfficeAway
from issuance.offers import Offer
from tests.unit.cast import spring


class Postgres:
    """Says what is on offer, how often it was asked, and whether it is away."""

    def __init__(self) -> None:
        self.used, self.asked, self.away = 0, 0, False
        self.codes = ["spring"]
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.was_asked, self.has_answered = asyncio.Event(), asyncio.Event()

    async def read(self) -> list[Offer]:
        self.asked += 1
        self.was_asked.set()
        self.has_answered.clear()
        used = self.used
        await self.may_answer.wait()
        self.has_answered.set()
        if self.away:
            raise OfficeAway
        return [Offer(spring(code=code, total=10, used=used), None) for code in self.codes]


@pytest.fixture
def postgres() -> Postgres:
    return Postgres()


@pytest.fixture
def catalogue(postgres, clock) -> OfferCache:
    return OfferCache(postgres.read, clock=clock)


async def used_count(catalogue: OfferCache) -> int:
    return (await catalogue.offer("spring")).coupon.inventory.used_count


async def test_what_was_just_read_is_not_read_again(catalogue, postgres, clock):
    await catalogue.offers()
    clock.s = FRESH_S * 0.99

    await catalogue.offers()
    await catalogue.offer("spring")

    assert postgres.asked == 1


async def test_after_a_second_it_is_read_again(catalogue, postgres, clock):
    await catalogue.offers()
    postgres.used = 3
    clock.s = FRESH_S

    assert await used_count(catalogue) == 3
    assert postgres.asked == 2


async def test_a_thousand_who_look_at_once_cause_one_reading(catalogue, postgres):
    postgres.may_answer.clear()
    looking = [asyncio.create_task(catalogue.offers()) for _ in range(1_000)]
    await asyncio.sleep(0)

    postgres.may_answer.set()
    seen = await asyncio.gather(*looking)

    assert postgres.asked == 1
    assert all(offers == seen[0] for offers in seen)


async def test_a_thousand_who_look_while_it_is_away_cause_one_attempt_a_second(
    catalogue, postgres, clock
):
    await catalogue.offers()
    postgres.away, clock.s = True, FRESH_S

    await asyncio.gather(*(catalogue.offers() for _ in range(1_000)))

    assert postgres.asked == 2


async def test_while_postgres_is_away_what_was_read_last_is_shown(catalogue, postgres, clock):
    postgres.used = 4
    await catalogue.offers()
    postgres.away, clock.s = True, 3_600

    assert await used_count(catalogue) == 4
    assert [offer.coupon.code for offer in await catalogue.offers()] == ["spring"]


async def test_when_postgres_is_back_its_word_counts_again(catalogue, postgres, clock):
    await catalogue.offers()
    postgres.away, clock.s = True, 10
    await catalogue.offers()
    postgres.away, postgres.used, clock.s = False, 7, 10 + FRESH_S

    assert await used_count(catalogue) == 7


async def test_while_postgres_hangs_nobody_waits_for_it_twice(postgres, clock):
    catalogue = OfferCache(postgres.read, clock=clock, patience_s=0.01)
    await catalogue.offers()
    postgres.may_answer.clear()
    clock.s = FRESH_S

    seen = await asyncio.gather(*(used_count(catalogue) for _ in range(100)))
    later = [asyncio.create_task(used_count(catalogue)) for _ in range(100)]
    await asyncio.sleep(0)
    assert all(one.done() for one in later)
    assert postgres.asked == 2
    postgres.used, clock.s = 7, 2 * FRESH_S
    postgres.may_answer.set()

    assert {*seen, *(one.result() for one in later)} == {0}
    await postgres.has_answered.wait()
    assert await used_count(catalogue) == 7


async def test_a_process_that_nobody_asked_for_a_while_waits_for_postgres_again(postgres, clock):
    catalogue = OfferCache(postgres.read, clock=clock, patience_s=0.01)
    await catalogue.offers()
    postgres.may_answer.clear()
    clock.s = FRESH_S
    await catalogue.offers()  # hangs
    postgres.away = True
    postgres.may_answer.set()
    await postgres.has_answered.wait()
    postgres.away, postgres.used, clock.s = False, 7, FRESH_S + FORGIVEN_AFTER_S

    assert await used_count(catalogue) == 7


async def test_a_change_of_this_process_is_waited_for_also_where_postgres_is_slow(postgres, clock):
    catalogue = OfferCache(postgres.read, clock=clock, patience_s=0.0)
    await catalogue.offers()
    postgres.used = 5
    postgres.may_answer.clear()
    catalogue.forget()

    looking = asyncio.create_task(used_count(catalogue))
    await asyncio.sleep(0.01)
    postgres.may_answer.set()

    assert await looking == 5


async def test_where_nothing_was_ever_read_it_is_said_to_be_away(catalogue, postgres):
    postgres.away = True

    for _ in range(2):
        with pytest.raises(OfficeAway):
            await catalogue.offers()
    postgres.away = False

    assert await used_count(catalogue) == 0


async def test_an_unknown_coupon_is_said_to_be_unknown(catalogue):
    with pytest.raises(NoSuchCoupon):
        await catalogue.offer("nothing")


async def test_a_coupon_that_may_be_new_is_waited_for_where_postgres_hangs(postgres, clock):
    catalogue = OfferCache(postgres.read, clock=clock, patience_s=0.01)
    await catalogue.offers()
    postgres.may_answer.clear()
    postgres.codes, clock.s = ["spring", "new"], FRESH_S

    looking = [asyncio.create_task(catalogue.offer(code)) for code in ("new", "nothing")]
    await catalogue.offer("spring")
    postgres.may_answer.set()

    found, unknown = await asyncio.gather(*looking, return_exceptions=True)

    assert isinstance(found, Offer)
    assert found.coupon.code == "new"
    assert isinstance(unknown, NoSuchCoupon)


async def test_while_postgres_is_away_no_coupon_is_said_to_be_unknown(catalogue, postgres, clock):
    await catalogue.offers()
    postgres.away, clock.s = True, 10

    for _ in range(2):
        with pytest.raises(OfficeAway):
            await catalogue.offer("new")


async def test_what_was_changed_here_is_seen_here_at_once(catalogue, postgres):
    await catalogue.offers()
    postgres.used = 5

    catalogue.forget()

    assert await used_count(catalogue) == 5


async def test_a_change_during_a_reading_is_not_lost(catalogue, postgres):
    postgres.may_answer.clear()
    reading = asyncio.create_task(used_count(catalogue))
    await postgres.was_asked.wait()
    postgres.used = 6

    catalogue.forget()
    postgres.may_answer.set()

    assert await reading == 0
    assert await used_count(catalogue) == 6


async def test_who_goes_away_while_waiting_does_not_spoil_it_for_the_others(catalogue, postgres):
    postgres.may_answer.clear()
    alice = asyncio.create_task(catalogue.offers())
    bob = asyncio.create_task(catalogue.offers())
    await asyncio.sleep(0)

    alice.cancel()
    await asyncio.sleep(0)
    postgres.may_answer.set()

    assert [offer.coupon.code for offer in await bob] == ["spring"]
    assert alice.cancelled()


async def test_a_known_offer_is_one_that_is_fresh(postgres, catalogue, clock):
    assert catalogue.known_offer("spring") is None

    offer = await catalogue.offer("spring")

    assert catalogue.known_offer("spring") is offer
    assert catalogue.known_offer("unknown") is None
    clock.s = FRESH_S
    assert catalogue.known_offer("spring") is None
    assert postgres.asked == 1
