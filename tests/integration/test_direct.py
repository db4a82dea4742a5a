"""The direct ways: each is exact, whatever lock it uses, and each is held to the same tests."""

import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import update

from domain.refusals import NotOpenYet, Refusal, SoldOut
from issuance import offers
from issuance.direct import DirectIssuer
from issuance.errors import NoSuchCoupon, NotDirect, OfficeAway
from issuance.issued_coupons import list_holders
from issuance.locking import optimistic, pessimistic, redis_lock
from issuance.locking.redis_lock import LockLimits
from issuance.queue.redis_connection import open_queue_redis
from issuance.tables import coupons
from tests.house import ROOT, eventually
from tests.integration.cast import HOUR, now, on_offer
from tests.integration.two_at_once import SomebodyElse

WAYS = ("pessimistic", "optimistic", "redis_lock")


@pytest.fixture
def direct(engine, redis_url):
    conveyor = open_queue_redis(redis_url, timeout_s=2)
    yield DirectIssuer(engine, conveyor, LockLimits(wait_s=20))
    conveyor.close()


@pytest.mark.parametrize("way", WAYS)
def test_a_crowd_gets_exactly_what_there_is(direct, engine, code, way):
    on_offer(engine, code, total=30, issuing=way)

    def ask(number: int) -> object:
        try:
            return direct.issue(code, f"member-{number % 60}").issued
        except Refusal as refusal:
            return refusal

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(120)))

    told = {a.member_id for a in answers if not isinstance(a, Refusal)}
    rows = list_holders(engine, code)
    assert len(rows) == len(set(rows)) == 30
    assert told == set(rows)
    assert all(isinstance(a, SoldOut) for a in answers if isinstance(a, Refusal))
    assert offers.get_offer(engine, code).coupon.inventory.used_count == 30


@pytest.mark.parametrize("way", WAYS)
def test_asking_again_gives_the_same_coupon(direct, engine, code, way):
    on_offer(engine, code, total=1, issuing=way)

    first, second = direct.issue(code, "alice"), direct.issue(code, "alice")

    assert (first.issued, first.is_new, second.is_new) == (second.issued, True, False)
    with pytest.raises(SoldOut):
        direct.issue(code, "bob")


@pytest.mark.parametrize("way", WAYS)
def test_five_clicks_at_once_take_one_coupon(direct, engine, code, way):
    on_offer(engine, code, total=5, issuing=way)

    with ThreadPoolExecutor(5) as pool:
        done = list(pool.map(lambda _: direct.issue(code, "alice"), range(5)))

    assert len({one.issued for one in done}) == 1
    assert [one.is_new for one in done].count(True) == 1
    assert list_holders(engine, code) == ["alice"]


@pytest.mark.parametrize("way", WAYS)
def test_the_schedule_is_kept(direct, engine, code, way):
    on_offer(engine, code, issuing=way, opens_at=now() + HOUR, expire_date=now() + 2 * HOUR)

    with pytest.raises(NotOpenYet):
        direct.issue(code, "alice")

    assert list_holders(engine, code) == []


@pytest.mark.parametrize("module", [pessimistic, optimistic], ids=lambda one: one.__name__[17:])
def test_the_last_one_goes_to_one_of_two_who_decide_at_once(
    direct, engine, code, monkeypatch, module
):
    on_offer(engine, code, total=1, issuing=module.__name__[17:])
    decide, others = module.decide, []

    def decide_late(*arguments):
        decided = decide(*arguments)
        if not others:  # between Alice's decision and her writing it down
            others.append(None)  # Bob decides here too
            others[0] = SomebodyElse(engine, lambda: direct.issue(code, "bob"))
        return decided

    monkeypatch.setattr(module, "decide", decide_late)
    first = SomebodyElse(engine, lambda: direct.issue(code, "alice"))

    answers = [first.done(), others[0].done()]
    assert [isinstance(one, SoldOut) for one in answers].count(True) == 1
    assert len(list_holders(engine, code)) == 1
    assert offers.get_offer(engine, code).coupon.inventory.used_count == 1


@pytest.mark.parametrize("way", ["optimistic", "redis_lock"])
def test_a_stock_that_an_admin_shrinks_meanwhile_is_kept(direct, engine, code, way, monkeypatch):
    on_offer(engine, code, total=10, issuing=way)
    module = optimistic if way == "optimistic" else redis_lock
    decide, shrunk = module.decide, []

    def decide_late(*arguments):
        decided = decide(*arguments)
        if not shrunk:  # between the decision and the write an admin takes everything away
            shrunk.append(True)
            change_total(engine, code, 0)
        return decided

    monkeypatch.setattr(module, "decide", decide_late)

    with pytest.raises(SoldOut):
        direct.issue(code, "alice")

    assert list_holders(engine, code) == []


def change_total(engine, code, total):
    offers.change_offer(
        engine,
        code,
        lambda offer: (offer.coupon.change(total_count=total), offer.settings),
        who="test",
        what="coupon changed",
        now=now(),
    )


def test_a_coupon_with_a_line_is_not_issued_past_it(direct, engine, code):
    on_offer(engine, code)

    with pytest.raises(NotDirect):
        direct.issue(code, "alice")
    with pytest.raises(NoSuchCoupon):
        direct.issue("nothing", "alice")

    assert list_holders(engine, code) == []


def test_an_optimist_who_always_comes_second_gives_up_with_a_sentence(
    direct, engine, code, monkeypatch
):
    on_offer(engine, code, issuing="optimistic")
    monkeypatch.setattr(optimistic, "ATTEMPTS_MAX", 3)
    decide, attempts = optimistic.decide, []

    def somebody_is_faster(*arguments):
        attempts.append(1)
        with engine.begin() as tx:
            tx.execute(update(coupons).values(version=coupons.c.version + 1))
        return decide(*arguments)

    monkeypatch.setattr(optimistic, "decide", somebody_is_faster)

    with pytest.raises(OfficeAway):
        direct.issue(code, "alice")

    assert len(attempts) == 3
    assert list_holders(engine, code) == []


def test_a_taken_lock_is_waited_for_only_so_long(engine, redis_url, code):
    on_offer(engine, code, issuing="redis_lock")
    conveyor = open_queue_redis(redis_url, timeout_s=2)
    impatient = DirectIssuer(engine, conveyor, LockLimits(wait_s=0.1))
    conveyor.set(f"waitroom:{{{code}}}:lock", "somebody", ex=5)

    with pytest.raises(OfficeAway):
        impatient.issue(code, "alice")

    conveyor.close()


def test_a_redis_that_lost_its_tokens_keeps_nobody_out(direct, engine, redis_url, code):
    on_offer(engine, code, issuing="redis_lock")
    for member in ("alice", "bob"):
        direct.issue(code, member)
    conveyor = open_queue_redis(redis_url, timeout_s=2)
    conveyor.delete(f"waitroom:{{{code}}}:fence")

    issued = direct.issue(code, "charlie")

    assert issued.is_new
    assert sorted(list_holders(engine, code)) == ["alice", "bob", "charlie"]
    conveyor.close()


def test_a_redis_that_is_away_is_said(engine, code):
    on_offer(engine, code, issuing="redis_lock")
    conveyor = open_queue_redis("redis://127.0.0.1:1", timeout_s=1)

    with pytest.raises(OfficeAway):
        DirectIssuer(engine, conveyor).issue(code, "alice")

    conveyor.close()


def test_a_holder_who_slept_past_the_lease_cannot_write(
    direct, engine, database_url, redis_url, code, tmp_path
):
    on_offer(engine, code, total=1, issuing="redis_lock")
    holder = subprocess.Popen(
        [sys.executable, "-m", "tests.integration.sleepy_holder", database_url, redis_url, code],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    lines: list[str] = []
    reader = threading.Thread(target=lambda: lines.extend(iter(holder.stdout.readline, "")))
    reader.start()
    eventually(lambda: "has read\n" in lines)

    holder.send_signal(signal.SIGSTOP)  # it holds the lock, and has decided on one coupon left
    issued = direct.issue(code, "bob")  # waits until the lease is over
    holder.send_signal(signal.SIGCONT)
    holder.wait(30)
    reader.join()
    holder.stdout.close()

    assert issued.is_new
    assert lines[-1] == "SoldOut\n", lines
    assert list_holders(engine, code) == ["bob"]
