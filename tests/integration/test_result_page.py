"""The result page: the whole sale from Postgres, in one sentence and one chart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from issuance.history.minutes import Minute, save_minutes
from issuance.tables import MINUTE_COUNTS
from tests.integration.web_cast import ADMIN, Html, in_line, serve

BEGAN = datetime(2026, 5, 1, 1, tzinfo=UTC)


@pytest.fixture
async def result(client, line, engine, code):
    """Asks for the page of a room whose two coupons went to the first two of five."""
    room = (await in_line(line, engine, code, 2)).room
    for n in range(5):
        await line.enter(code, f"member-{n}")
    await serve(line, engine, code)
    counts = dict.fromkeys(MINUTE_COUNTS, 5)
    waits = (5, 4, 0)
    minutes = [
        Minute(BEGAN + timedelta(minutes=n), most, most, counts) for n, most in enumerate(waits)
    ]
    save_minutes(engine, {room.id: minutes})

    async def ask():
        return await client.get(f"/admin/rooms/{code}/result", headers=ADMIN)

    return ask


async def test_it_says_the_sale_in_one_sentence_with_the_rows_of_postgres(result):
    page = Html(await result())

    assert "2 coupons went to 2 members in 1 s, one each. 5 came;" in page.text
    assert "Waiting at the end3" in page.text.replace("\n", "").replace("  ", "")


async def test_it_draws_the_whole_sale_from_its_first_minute_to_its_last(result):
    answer = await result()

    assert answer.text.count('class="sale-area"') == 1
    assert f'datetime="{BEGAN.isoformat(timespec="milliseconds")}"' in answer.text
    ended = (BEGAN + timedelta(minutes=3)).isoformat(timespec="milliseconds")
    assert f'datetime="{ended}"' in answer.text
    assert "5 at most" in answer.text


async def test_the_board_lists_the_changes_that_its_charts_mark(client, code, result):
    board = f"/admin/rooms/{code}"
    await client.patch(
        f"/api/admin{board.removeprefix('/admin')}", headers=ADMIN, json={"rate_per_s": 7}
    )

    page = Html(await client.get(f"{board}/changes", headers=ADMIN))
    whole = await client.get(board, headers=ADMIN)

    assert "B" in page.text
    assert "Admissions per second: 10,000 → 7" in page.text
    assert whole.text.count("data-mark=") == 2
