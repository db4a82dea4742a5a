"""Every issued coupon has a short code of its own, and no batch fails by one that is taken."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from itertools import chain, count, repeat
from uuid import uuid4

import pytest
from sqlalchemy import insert, text

from domain.issued_coupon import SHORT_CODES, make_short_code
from issuance import issue_transaction
from issuance.direct import DirectIssuer
from issuance.errors import OfficeAway
from issuance.issue import issue
from issuance.issued_coupons import fill_short_codes, list_held_after
from issuance.member_coupons import list_member_coupons
from issuance.migrate import migrate
from issuance.postgres.engine import open_engine
from issuance.tables import issued_coupons
from tests.integration.cast import now, on_offer
from tests.servers import drop_database, fresh_database

CODE = re.compile("[0-9ABCDEFGHJKMNPQRSTVWXYZ]{8}")
BEFORE = "0015"


def members(count_: int, name: str = "m") -> list[str]:
    return [f"{name}-{number}" for number in range(count_)]


def codes_of(engine, code: str) -> list[str]:
    return [one.short_code for one in list_held_after(engine, code, "")]


@contextmanager
def no_code_fails_it() -> Iterator[None]:
    try:
        yield
    except issue_transaction.ShortCodeTaken:
        pytest.fail("a code that was taken has failed the whole batch")


@pytest.fixture
def numbers(monkeypatch):
    """Choose the numbers of new codes."""

    def choose(*chosen):
        drawn = chain(*chosen)
        monkeypatch.setattr(issue_transaction, "random_number", lambda: next(drawn))

    return choose


def test_each_of_a_batch_has_a_code_of_its_own_that_it_keeps(engine, code):
    on_offer(engine, code, 500)

    first = issue(engine, code, members(500)).outcomes
    again = issue(engine, code, members(500)).outcomes

    codes = [one.short_code for one in first.values()]
    assert len(set(codes)) == 500
    assert all(CODE.fullmatch(one) for one in codes)
    assert [one.short_code for one in again.values()] == codes
    assert [one.short_code for one, _ in list_member_coupons(engine, "m-7")] == [codes[7]]


def test_a_code_that_is_taken_does_not_fail_a_batch(engine, code, numbers):
    on_offer(engine, code, 600)
    start = uuid4().int % SHORT_CODES // 2
    numbers(count(start))
    issue(engine, code, members(100, "early"))
    taken = [make_short_code(start + number) for number in range(100)]

    numbers(range(start, start + 500), range(start + 99, start + 599), count(start + 1_000))
    with no_code_fails_it():
        issued = issue(engine, code, members(500))

    codes = [one.short_code for one in issued.outcomes.values()]
    assert len({*codes, *taken}) == 600
    assert issued.used_count == 600


def test_two_alike_in_one_batch_do_not_fail_it(engine, code, numbers):
    on_offer(engine, code, 10)
    start = uuid4().int % SHORT_CODES // 2
    numbers(repeat(start, 3), count(start))

    with no_code_fails_it():
        codes = [one.short_code for one in issue(engine, code, members(3)).outcomes.values()]

    assert len(set(codes)) == 3


def test_where_no_code_is_free_nothing_is_issued_and_the_batch_can_be_repeated(
    engine, code, numbers
):
    on_offer(engine, code, 10)
    numbers(repeat(uuid4().int % SHORT_CODES))

    with pytest.raises(OfficeAway):
        issue(engine, code, members(2))

    assert codes_of(engine, code) == []
    numbers(count(uuid4().int % SHORT_CODES // 2))
    assert issue(engine, code, members(2)).used_count == 2


@pytest.mark.parametrize("issuing", ["pessimistic", "optimistic", "redis_lock"])
def test_issued_directly_too(engine, conveyor, code, issuing, numbers):
    on_offer(engine, code, 10, issuing=issuing)
    direct = DirectIssuer(engine, conveyor)
    start = uuid4().int % SHORT_CODES // 2
    numbers([start, start], count(start + 1))

    with no_code_fails_it():
        first, second = (direct.issue(code, member).issued.short_code for member in ("a", "b"))

    assert {first, second} == {make_short_code(start), make_short_code(start + 1)}
    assert direct.issue(code, "a").issued.short_code == first


def as_the_release_before(engine, coupon_id, member_ids) -> None:
    """It names the columns that it knows."""
    known = {"coupon_id": coupon_id, "status": "UNUSED", "issued_at": now()}
    known["expire_date"] = now() + timedelta(days=1)
    rows = [{"id": uuid4(), "member_id": member, **known} for member in member_ids]
    names = list(rows[0])
    with engine.begin() as tx:
        tx.execute(
            text(
                f"INSERT INTO issued_coupons ({', '.join(names)})"
                f" VALUES ({', '.join(f':{name}' for name in names)})"
            ),
            rows,
        )


def test_a_row_of_the_release_before_gets_a_code_at_once(engine, code):
    coupon = on_offer(engine, code, 500).coupon

    as_the_release_before(engine, coupon.id, members(50))

    codes = codes_of(engine, code)
    assert len(set(codes)) == 50
    assert all(CODE.fullmatch(one) for one in codes)


def test_rows_that_were_there_before_get_codes_by_the_migration(servers, monkeypatch):
    monkeypatch.setattr("issuance.issued_coupons.FILLED_AT_ONCE", 40)
    name = f"waitroom_codes_{uuid4().hex[:8]}"
    engine = open_engine(fresh_database(servers.database_url, name), connections_max=4, name="test")
    try:
        migrate(engine, BEFORE)
        as_the_release_before(engine, uuid4(), members(100))

        migrate(engine)

        with engine.begin() as tx:
            codes = tx.execute(text("SELECT short_code FROM issued_coupons")).scalars().all()
        assert len(set(codes)) == 100
        assert all(CODE.fullmatch(one) for one in codes)
        assert fill_short_codes(engine) == 0
    finally:
        engine.dispose()
        drop_database(servers.database_url, name)


def test_many_who_fill_at_once_give_each_row_one_code(engine, code):
    coupon = on_offer(engine, code, 500).coupon
    known = {"status": "UNUSED", "issued_at": now(), "expire_date": now() + timedelta(days=1)}
    rows = [
        {"id": uuid4(), "coupon_id": coupon.id, "member_id": one, "short_code": None, **known}
        for one in members(300)
    ]
    with engine.begin() as tx:
        tx.execute(insert(issued_coupons), rows)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: fill_short_codes(engine), range(4)))

    assert len(set(codes_of(engine, code)) - {None}) == 300
