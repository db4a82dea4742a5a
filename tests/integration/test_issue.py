from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from domain.issued_coupon import IssuedCoupon
from domain.member import Member
from domain.refusals import AlreadyUsed, Closed, CouponExpired, NotOpenYet, SoldOut
from issuance import offers
from issuance.errors import NoSuchCoupon, NoSuchIssuedCoupon, OfficeAway
from issuance.issue import issue
from issuance.issue_transaction import FIND_LOCKED, WRITE_LOCKED, open_issue_transaction
from issuance.issued_coupons import list_holders
from issuance.member_coupons import expire_stale, list_member_coupons, spend_coupon
from issuance.postgres import engine as database
from issuance.postgres.engine import open_engine
from issuance.tables import coupons, issued_coupons
from tests.integration.cast import HOUR, a_coupon, now, on_offer, time_passes
from tests.integration.two_at_once import SomebodyElse


def used_count(engine: Engine, code: str) -> int:
    return offers.get_offer(engine, code).coupon.inventory.used_count


def test_a_batch_is_issued_in_its_order_until_the_stock_is_gone(engine, code):
    on_offer(engine, code, total=2)

    issued = issue(engine, code, ["alice", "bob", "charlie"], now())

    assert isinstance(issued.outcomes["alice"], IssuedCoupon)
    assert isinstance(issued.outcomes["bob"], IssuedCoupon)
    assert isinstance(issued.outcomes["charlie"], SoldOut)
    assert issued.used_count == used_count(engine, code) == 2
    assert sorted(list_holders(engine, code)) == ["alice", "bob"]


def test_a_batch_that_is_fed_again_gives_the_same_coupons(engine, code):
    on_offer(engine, code, total=3)
    first = issue(engine, code, ["alice", "bob"], now())

    again = issue(engine, code, ["bob", "alice", "bob", "charlie"], now())

    assert again.outcomes["alice"] == first.outcomes["alice"]
    assert again.outcomes["bob"] == first.outcomes["bob"]
    assert again.used_count == len(list_holders(engine, code)) == 3


def test_ten_batches_at_once_never_over_issue_and_never_issue_twice(engine, code):
    on_offer(engine, code, total=150)
    crowd = [f"member-{n}" for n in range(300)]
    batches = [crowd[start : start + 60] for start in range(0, 300, 30)]

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda batch: issue(engine, code, batch, now()), batches))

    told = {m for r in results for m, o in r.outcomes.items() if isinstance(o, IssuedCoupon)}
    rows = list_holders(engine, code)
    assert len(rows) == len(set(rows)) == used_count(engine, code) == 150
    assert told == set(rows)


def test_the_last_one_goes_to_one_of_two_batches_that_meet(engine, code):
    """The second begins while the first has decided and not written yet."""
    on_offer(engine, code, total=1)

    with open_issue_transaction(engine) as tx:
        coupon, _, _ = tx.load_coupon(FIND_LOCKED, code, ["alice"])
        alices = coupon.issue_to(Member("alice"), now())
        other = SomebodyElse(engine, lambda: issue(engine, code, ["bob"], now()))
        tx.write_issued(WRITE_LOCKED, coupon, [alices])

    assert isinstance(other.done().outcomes["bob"], SoldOut)
    assert list_holders(engine, code) == ["alice"]
    assert used_count(engine, code) == 1


def test_the_schedule_is_kept(engine, code):
    on_offer(engine, code, opens_at=now() + HOUR, expire_date=now() + 2 * HOUR)

    early = issue(engine, code, ["alice"], now()).outcomes["alice"]
    late = issue(engine, code, ["alice"], now() + 3 * HOUR).outcomes["alice"]

    assert isinstance(early, NotOpenYet)
    assert isinstance(late, Closed)
    assert list_holders(engine, code) == []


def test_an_unknown_coupon_is_said_to_be_unknown(engine):
    with pytest.raises(NoSuchCoupon):
        issue(engine, "nothing", ["alice"], now())


def test_the_constraint_never_over_issue_keeps_its_promise_alone(engine, code):
    on_offer(engine, code, total=1)

    with pytest.raises(IntegrityError, match="never_over_issue"), engine.begin() as tx:
        tx.execute(update(coupons).where(coupons.c.code == code).values(used_count=2))


def test_the_constraint_one_per_member_keeps_its_promise_alone(engine, code):
    offer = on_offer(engine, code)
    issue(engine, code, ["alice"], now())
    with engine.begin() as tx:
        row = tx.execute(select(issued_coupons)).one()._asdict()

    row["id"] = offer.coupon.id

    with pytest.raises(IntegrityError, match="one_per_member"), engine.begin() as tx:
        tx.execute(insert(issued_coupons).values(row))


def test_a_coupon_is_used_once_even_by_two_at_once(engine, code):
    on_offer(engine, code)
    issued = issue(engine, code, ["alice"], now()).outcomes["alice"]

    def try_to_use(_: int) -> bool:
        try:
            spend_coupon(engine, "alice", issued.id)
        except AlreadyUsed:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        used = list(pool.map(try_to_use, range(8)))

    assert used.count(True) == 1


def test_nobody_uses_somebody_elses_coupon(engine, code):
    on_offer(engine, code)
    issued = issue(engine, code, ["alice"], now()).outcomes["alice"]

    with pytest.raises(NoSuchIssuedCoupon):
        spend_coupon(engine, "bob", issued.id)

    assert list_member_coupons(engine, "alice")[0][0].status == "UNUSED"


def test_unused_coupons_expire_and_used_ones_do_not(engine, code):
    on_offer(engine, code)
    outcomes = issue(engine, code, ["alice", "bob"], now()).outcomes
    spend_coupon(engine, "bob", outcomes["bob"].id)

    early = expire_stale(engine)
    time_passes(engine, 2 * HOUR)

    assert (early, expire_stale(engine)) == (0, 1)

    assert list_member_coupons(engine, "alice")[0][0].status == "EXPIRED"
    assert list_member_coupons(engine, "bob")[0][0].status == "USED"


def test_a_coupon_past_its_date_shows_as_expired_before_anybody_has_marked_it(engine, code):
    on_offer(engine, code)
    issued = issue(engine, code, ["alice"], now()).outcomes["alice"]

    time_passes(engine, 2 * HOUR)

    assert list_member_coupons(engine, "alice")[0][0].status == "EXPIRED"
    with pytest.raises(CouponExpired):
        spend_coupon(engine, "alice", issued.id)


def test_waiting_for_a_connection_ends_with_a_sentence(database_url):
    from issuance.postgres.engine import open_engine

    narrow = open_engine(database_url, connections_max=1, name="test", pool_wait_s=0.1)
    with narrow.connect() as held:
        held.execute(select(func.now()))

        with pytest.raises(OfficeAway):
            offers.list_offers(narrow)
    narrow.dispose()


def test_every_change_is_audited_with_what_it_changed(engine, code):
    from issuance.audit import list_entries

    on_offer(engine, code)

    offers.change_offer(
        engine,
        code,
        lambda offer: (offer.coupon, offer.settings.change(rate_per_s=7)),
        who="alice",
        what="room changed",
        now=datetime(2026, 5, 1, tzinfo=UTC) + timedelta(0),
    )

    latest = list_entries(engine)[0]
    assert (latest.who, latest.what, latest.subject) == ("alice", "room changed", code)
    assert latest.before["room"]["rate_per_s"] == 10_000
    assert latest.after["room"]["rate_per_s"] == 7
    assert list(latest.after) == ["room"]


def test_a_row_that_went_round_the_lock_rolls_everything_back(engine, code):
    offer = on_offer(engine, code)
    alice, bob = (offer.coupon.issue_to(Member(name), now()) for name in ("alice", "bob"))
    with open_issue_transaction(engine) as tx:
        assert tx.write_issued(WRITE_LOCKED, a_coupon(code, id=offer.coupon.id), [alice])

    with (
        pytest.raises(RuntimeError, match=r"without the coupon's lock"),
        open_issue_transaction(engine) as tx,
    ):
        tx.write_issued(WRITE_LOCKED, offer.coupon, [bob, alice])

    assert list_holders(engine, code) == ["alice"]
    assert used_count(engine, code) == 0


def break_connections(engine: Engine, name: str) -> None:
    """As a Postgres that starts anew does."""
    ours = "application_name = :name AND datname = current_database()"
    with engine.begin() as tx:
        tx.execute(
            text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {ours}"),
            {"name": f"waitroom {name}"},
        )


def test_a_connection_that_broke_while_it_was_idle_is_replaced(engine, database_url, monkeypatch):
    pooled = open_engine(database_url, connections_max=1, name="idle")
    offers.list_offers(pooled)
    break_connections(engine, "idle")
    monkeypatch.setattr(database, "PING_AFTER_S", 0.0)

    assert offers.list_offers(pooled) == []  # asked before it was used: nobody notices
    pooled.dispose()


def test_a_connection_that_broke_in_use_is_said_once_and_not_kept(
    engine, database_url, monkeypatch
):
    pooled = open_engine(database_url, connections_max=1, name="busy")
    monkeypatch.setattr(database, "PING_AFTER_S", 3_600.0)
    offers.list_offers(pooled)
    break_connections(engine, "busy")

    with pytest.raises(OfficeAway):
        issue(pooled, "nothing", ["alice"], now())

    assert offers.list_offers(pooled) == []
    pooled.dispose()
