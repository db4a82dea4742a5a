"""The audit trail: one line an entry, filters, pages, and CSV for a spreadsheet."""

import csv
import io
import re
from datetime import timedelta

import pytest

from issuance.audit import AuditFilter, list_entries, note
from issuance.export.audit_csv import AUDIT_COLUMNS, write_audit_csv
from tests.integration.admin_cast import signed_in
from tests.integration.cast import now
from tests.integration.web_cast import Html

pytestmark = pytest.mark.usefixtures("unknown_address")
AUDIT = "/admin/audit"


def noted(engine, subject, count, **changes):
    """Entries about this subject, a second apart, the oldest first."""
    given = {"who": "alice", "what": "room changed", "after": {"room": {"seats": 1}}} | changes
    for number in range(count):
        at = given.get("at", now() + timedelta(seconds=number))
        note(engine, given["who"], given["what"], subject, {"number": number, **given["after"]}, at)


def rows_of(text):
    return list(csv.reader(io.StringIO(text, newline="")))


async def test_each_filter_leaves_out_what_it_does_not_take(operator, engine, code):
    noted(engine, code, 1)
    noted(engine, code, 1, who="bob")
    noted(engine, code, 1, what="branding changed")
    noted(engine, code, 1, at=now() - timedelta(days=3))

    async def found(**query):
        answer = await operator.get(f"{AUDIT}.csv", params={"subject": code} | query)
        assert answer.status_code == 200, answer.text
        return [(row[2], row[3]) for row in rows_of(answer.text)[1:]]

    yesterday = f"{now() - timedelta(days=1):%Y-%m-%dT%H:%M}"
    assert len(await found()) == 4
    assert await found(who="bob") == [("bob", "room changed")]
    assert await found(what="branding changed") == [("alice", "branding changed")]
    assert len(await found(since=yesterday)) == 3
    assert await found(until=yesterday) == [("alice", "room changed")]
    assert await found(who="nobody") == []


async def test_pages_skip_and_repeat_no_entry_while_others_are_added(operator, engine, code):
    noted(engine, code, 120)
    seen, address = [], f"{AUDIT}?subject={code}"

    while address:
        page = await operator.get(address)
        seen += re.findall(r"<li>number <ins>([\d,]+)</ins>", page.text)
        noted(engine, code, 3, what="added meanwhile")
        older = re.search(r'rel="next" href="([^"]+)"', page.text)
        address = older and older.group(1).replace("&amp;", "&")

    assert [int(one) for one in seen] == list(reversed(range(120)))


def test_a_csv_of_several_pages_skips_and_repeats_no_entry(engine, code, monkeypatch):
    noted(engine, code, 25)
    read = []

    def read_a_page(*args, **options):
        found = list_entries(*args, **options | {"at_most": 10})
        read.append(len(found))
        noted(engine, code, 1, what="added meanwhile")
        return found

    monkeypatch.setattr("issuance.export.audit_csv.list_entries", read_a_page)
    file = io.BytesIO()
    write_audit_csv(engine, AuditFilter(subject=code), file)

    rows = rows_of(file.getvalue().decode())
    assert tuple(rows[0]) == AUDIT_COLUMNS
    assert read == [10, 10, 5, 0]
    assert len({row[0] for row in rows[1:]}) == 25
    assert {row[3] for row in rows[1:]} == {"room changed"}


@pytest.mark.parametrize("who", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "0012"])
async def test_a_csv_has_no_text_that_a_spreadsheet_takes_for_a_formula(
    operator, engine, code, who
):
    noted(engine, code, 1, who=who)

    answer = await operator.get(f"{AUDIT}.csv", params={"subject": code})

    assert rows_of(answer.text)[1][2] == f"'{who}"
    assert answer.headers["content-disposition"] == 'attachment; filename="audit.csv"'


async def test_an_entry_is_one_line_and_a_new_thing_is_folded(operator, engine, code):
    note(engine, "alice", "coupon created", code, {"total_count": 10, "code": code}, now())

    page = await operator.get(AUDIT, params={"subject": code})

    [line] = re.findall(r"<summary>(.*?)</summary>", page.text, re.DOTALL)
    assert "coupon created" in line
    assert "Quantity" not in line
    assert "Quantity <ins>10</ins>" in page.text


async def test_a_time_that_cannot_be_read_is_said_at_its_field(operator, code):
    page = await operator.get(AUDIT, params={"since": "yesterday"})
    file = await operator.get(f"{AUDIT}.csv", params={"since": "yesterday"})

    assert (page.status_code, file.status_code) == (422, 422)
    assert 'id="since-about">Enter a date and time.<' in page.text
    assert Html(page).forms


async def test_a_viewer_may_read_the_trail_and_a_member_may_not(client, engine, code):
    nobody = await client.get(f"{AUDIT}.csv")
    await signed_in(client, engine, "carol", "viewer")

    assert nobody.status_code in (303, 401)
    assert (await client.get(f"{AUDIT}.csv")).status_code == 200
