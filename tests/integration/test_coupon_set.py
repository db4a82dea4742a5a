"""`waitroom coupon set`: changes what may still change, says why where it may not."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from cli.main import app as cli
from domain.rfc3339 import rfc3339
from issuance.audit import last_change
from issuance.issue import issue
from issuance.offers import get_offer
from processes.settings.reader import BadSettings
from tests.integration.cast import now, on_offer
from tests.integration.member_report_cast import in_a_thread
from tests.integration.web_cast import in_line


@pytest.fixture
def coupon(database_url, redis_url, monkeypatch):
    """Runs `waitroom coupon WORDS`; raises what the command raises."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("REDIS_URL", redis_url)

    def run(*words: str) -> str:
        done = CliRunner().invoke(cli, ["coupon", *words], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    return run


async def test_each_field_that_is_given_changes_and_no_other(line, engine, code, coupon):
    before = (await in_line(line, engine, code)).coupon
    later = (now() + timedelta(days=9)).replace(microsecond=0)

    printed = await in_a_thread(coupon)(
        "set", code, "--total", "12", "--description", "Later", "--percent", "20", "--cap", "900",
        "--expire-date", rfc3339(later), "--json",
    )  # fmt: skip

    after = get_offer(engine, code).coupon
    assert json.loads(printed)["total_count"] == 12
    assert (after.inventory.total_count, after.description) == (12, "Later")
    assert (after.discount.kind, after.discount.value, after.discount.cap) == ("percent", 20, 900)
    assert (after.expire_date, after.opens_at) == (later, before.opens_at)
    assert (await line.room_stats(code)).total_count == 12
    change = last_change(engine, code)
    assert (change.who, change.what) == ("command line", "coupon changed")
    assert set(change.after) == {"total_count", "description", "discount", "expire_date"}


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ([], "Nothing to change"),
        (["--total", "1"], "at least 2, the number already issued"),
        (["--amount", "1"], "can no longer be changed"),
        (["--opens-at", "2026-05-01T10:00:00"], "no time zone"),
        (["--cap", "5"], "--amount or --percent"),
        (["--description", ""], "description"),
    ],
)
def test_what_may_not_change_is_refused_with_the_reason(engine, code, coupon, words, why):
    on_offer(engine, code, 10, issuing="pessimistic")
    issue(engine, code, ["alice", "bob"], now())
    before = get_offer(engine, code)

    with pytest.raises(BadSettings, match=why):
        coupon("set", code, *words)

    after = get_offer(engine, code)
    assert (after.coupon.discount, after.coupon.inventory, after.coupon.description) == (
        before.coupon.discount, before.coupon.inventory, before.coupon.description,
    )  # fmt: skip
