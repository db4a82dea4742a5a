"""Commands cut nothing off in a terminal of 80 columns, and see that a room is over."""

from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from cli.main import app as cli
from domain.rfc3339 import rfc3339
from processes.child_process import free_port
from tests.integration.cast import on_offer
from tests.integration.member_report_cast import in_a_thread
from tests.integration.web_cast import ADMIN, in_line, serve

CUT_OFF = "…"


@pytest.fixture
def narrow(database_url, redis_url, monkeypatch):
    """What a command prints in a terminal of 80 columns."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("REDIS_URL", redis_url)
    monkeypatch.setenv("COLUMNS", "80")

    def run(*words: str) -> str:
        done = CliRunner().invoke(cli, words, catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    return run


def rows_of(printed: str) -> dict[str, str]:
    """Name and value of each line; a folded value's later lines are left out."""
    lines = (line for line in printed.splitlines() if not line.startswith(" "))
    return {name: value.strip() for name, _, value in (line.partition(" ") for line in lines)}


def test_coupon_show_prints_its_times_whole(engine, code, narrow):
    coupon = on_offer(engine, code, description="A coupon for everybody " * 4).coupon

    rows = rows_of(narrow("coupon", "show", code))

    assert rows["opens_at"] == rfc3339(coupon.opens_at.replace(microsecond=0))
    assert rows["expire_date"] == rfc3339(coupon.expire_date.replace(microsecond=0))
    assert rows["used_count"] == "0"


def test_coupon_list_prints_its_times_whole(engine, code, narrow):
    coupon = on_offer(engine, code, description="A coupon for everybody " * 4).coupon

    printed = narrow("coupon", "list")

    assert f"{coupon.opens_at.astimezone(UTC):%Y-%m-%d}" in printed
    assert f"{coupon.expire_date.astimezone(UTC):%Y-%m-%d}" in printed
    assert CUT_OFF not in printed


async def test_room_show_prints_its_times_as_dates(line, engine, code, narrow):
    coupon = (await in_line(line, engine, code)).coupon

    printed = await in_a_thread(narrow)("room", "show", code)

    rows = rows_of(printed)
    opens = datetime.fromtimestamp(float(rows["opens_at_s"].split()[0]), UTC)
    assert opens == coupon.opens_at
    assert rfc3339(opens.replace(microsecond=0)) in rows["opens_at_s"]
    assert CUT_OFF not in printed


async def test_room_show_prints_the_time_of_the_reading_as_a_date_and_yes_or_no(
    line, engine, code, narrow
):
    await in_line(line, engine, code)

    rows = rows_of(await in_a_thread(narrow)("room", "show", code))

    seconds, date = rows["at_s"].split(maxsplit=1)
    read_at = datetime.fromtimestamp(float(seconds), UTC)
    assert date == f"({rfc3339(read_at.replace(microsecond=0))})"
    assert (rows["is_over"], rows["steered_rate_per_s"]) == ("no", "-")
    assert "told_no" not in rows


async def test_room_set_prints_each_setting_in_force(line, engine, code, narrow):
    await in_line(line, engine, code)

    printed = await in_a_thread(narrow)("room", "set", code, "--rate", "70", "--state", "paused")

    rows = rows_of(printed)
    assert (rows["rate_per_s"], rows["state"], rows["size_max"]) == ("70.0", "paused", "1,000,000")
    assert "RoomSettings" not in printed


async def test_room_brand_prints_what_its_pages_show(line, engine, code, narrow):
    await in_line(line, engine, code)

    printed = await in_a_thread(narrow)("room", "brand", code, "--name", "[b]Shop[/b]")

    assert rows_of(printed)["name"] == "[b]Shop[/b]"
    assert "Branding" not in printed


async def test_coupon_issued_prints_whole_ids(line, engine, code, narrow):
    await in_line(line, engine, code)
    member = "m" * 64
    await line.enter(code, member)
    await serve(line, engine, code)

    printed = await in_a_thread(narrow)("coupon", "issued", code)

    assert sum(printed.count(letter) for letter in "m") >= len(member)
    assert CUT_OFF not in printed


@pytest.mark.parametrize(
    ("over", "printed"),
    [
        ("sold_out", "bob stood in line when the coupons ran out: their page says so when they "),
        ("closed", "bob stood in line when the room closed: their page says so when they "),
    ],
)
async def test_who_waits_in_a_room_that_is_over_is_not_at_a_place(
    line, engine, code, client, narrow, over, printed
):
    await in_line(line, engine, code, total=1)
    for member in ("alice", "bob"):
        await line.enter(code, member)
    if over == "sold_out":
        await serve(line, engine, code, at_most=1)
    else:
        room = f"/api/admin/rooms/{code}"
        await client.patch(room, headers=ADMIN, json={"state": "closed"})

    found = " ".join((await in_a_thread(narrow)("room", "member", code, "bob")).split())

    assert printed + "next open it." in found
    assert f"refused ({over})" in found
    assert "waits in line" not in found
    assert "place " not in found


async def test_room_set_does_not_claim_what_an_unreachable_redis_has_not_applied(
    line, engine, code, narrow, monkeypatch
):
    await in_line(line, engine, code)
    monkeypatch.setenv("REDIS_URL", f"redis://127.0.0.1:{free_port()}/0")

    printed = await in_a_thread(narrow)("room", "set", code, "--state", "paused")

    assert "Redis is unreachable; the admitter applies the change once it is back." in printed
    assert "Saved. " in printed
    assert "Applied" not in printed
