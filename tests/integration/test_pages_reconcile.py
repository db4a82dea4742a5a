"""Reconciling from the result page and by the API: asked for, explained, mended, written down."""

import pytest
from sqlalchemy import text

from issuance.audit import list_entries
from issuance.issue import issue
from issuance.issued_coupons import list_holders
from tests.integration.admin_cast import signed_in
from tests.integration.cast import now
from tests.integration.line_cast import kinds
from tests.integration.web_cast import ADMIN, Html, by, checked_problem, in_line, serve

pytestmark = pytest.mark.usefixtures("unknown_address")

NONE = "No differences: members’ outcomes in Redis match the records in Postgres."
HERE = ADMIN | {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
async def result(line, engine, code):
    """The result's address; Alice and Bob have got one in this room."""
    await in_line(line, engine, code)
    for member in ("alice", "bob"):
        await line.enter(code, member)
    await serve(line, engine, code)
    return f"/admin/rooms/{code}/result"


@pytest.fixture
def reconcile(result):
    return result.replace("/result", "/reconcile")


@pytest.fixture
def spoiled(engine, code, result):
    """Charlie holds one and was never told; the stock is counted wrongly."""
    issue(engine, code, ["charlie"], now())
    with engine.begin() as tx:
        tx.execute(text("UPDATE coupons SET used_count = 7 WHERE code = :code"), {"code": code})


async def test_it_is_asked_for_by_a_button_and_says_in_words_that_all_is_well(
    client, result, reconcile
):
    before = await client.get(result, headers=ADMIN)
    whole = Html(await client.get(reconcile, headers=ADMIN))
    part = await client.get(reconcile, headers=ADMIN | {"HX-Request": "true"})

    assert f'href="{reconcile}"' in before.text
    assert NONE not in Html(before).text
    assert "Entered" in whole.text
    assert NONE in whole.text
    assert part.text.lstrip().startswith('<section id="reconcile"')
    assert NONE in Html(part).text
    assert reconcile not in whole.forms, "there is nothing to mend"


async def test_each_difference_is_explained_with_whom_it_is_about(client, reconcile, spoiled):
    page = Html(await client.get(reconcile, headers=ADMIN))

    said = " ".join(page.text.split())
    assert "Issued in Postgres, missing in Redis: 1" in said
    assert "the members see their coupons. charlie" in said
    assert "count 7, records 3" in said
    assert "Changes Redis to match Postgres." in said
    assert reconcile in page.forms


async def test_only_the_first_few_are_named(client, engine, code, result, reconcile):
    issue(engine, code, [f"m-{n}" for n in range(8)], now())
    with engine.begin() as tx:
        tx.execute(text("UPDATE coupons SET total_count = 100 WHERE code = :c"), {"c": code})
    issue(engine, code, [f"n-{n:02}" for n in range(50)], now())

    page = Html(await client.get(reconcile, headers=ADMIN))

    said = " ".join(page.text.split())
    assert "Issued in Postgres, missing in Redis: 58" in said
    assert ("n-11" in said, "n-12" in said) == (True, False)
    assert "and 38 more" in said


async def test_an_operator_mends_and_it_is_written_down(
    client, line, engine, code, reconcile, spoiled
):
    await signed_in(client, engine, "alice", "operator")

    page = Html(await client.post(reconcile, headers={"Sec-Fetch-Site": "same-origin"}))
    trail = list_entries(engine, subject=code, at_most=2)
    audit = Html(await client.get(f"/admin/audit?subject={code}"))

    said = " ".join(page.text.split())
    assert "differences repaired." in said
    assert NONE in said
    assert await kinds(line, code, ["charlie"]) == ["issued"]
    assert (await line.room_stats(code)).used_count == 3
    assert [(one.who, one.what) for one in trail] == [
        ("alice", "used count corrected"), ("alice", "differences repaired")
    ]  # fmt: skip
    assert trail[1].after["row_not_told"] == 1
    assert "Issued in Postgres, missing in Redis" in audit.text


async def test_a_viewer_may_look_and_not_mend(client, engine, code, reconcile, spoiled):
    await signed_in(client, engine, "bob", "viewer")

    seen = Html(await client.get(reconcile))
    refused = await client.post(reconcile, headers={"Sec-Fetch-Site": "same-origin"})

    assert "charlie" in seen.text
    assert reconcile not in seen.forms
    assert "Changes Redis to match Postgres." not in seen.text
    assert refused.status_code == 403
    assert [one.what for one in list_entries(engine, subject=code)] == ["coupon created"]


async def test_the_same_by_the_api(client, line, engine, code, reconcile, spoiled):
    address = f"/api{reconcile}"

    mended = await client.post(address, headers=ADMIN)
    again = await client.post(address, headers=ADMIN)
    member = await client.post(address, headers=by("alice"))
    nowhere = await client.post("/api/admin/rooms/nothing/reconcile", headers=ADMIN)

    body = mended.json()
    assert (mended.status_code, body["room"], body["left"]) == (200, code, [])
    found = {one["kind"]: one["examples"] for one in body["findings"]}
    assert found["row_not_told"] == ["charlie"]
    assert found["used_count_off"] == ["used_count 7, rows 3"]
    assert again.json() == {"room": code, "findings": [], "left": []}
    assert sorted(list_holders(engine, code)) == ["alice", "bob", "charlie"]
    checked_problem(member, "forbidden", 403)
    checked_problem(nowhere, "no_such_room", 404)
    what = [one.what for one in list_entries(engine, subject=code)]
    assert what.count("differences repaired") == 1, "a check that repairs nothing writes no entry"


async def test_what_cannot_be_mended_is_said_to_be_left(client, engine, code, result, reconcile):
    with engine.begin() as tx:
        # More rows than coupons, which no number of this product could bring about.
        tx.execute(
            text("UPDATE coupons SET total_count = 1, used_count = 1 WHERE code = :c"), {"c": code}
        )

    page = Html(await client.post(reconcile, headers=HERE))

    said = " ".join(page.text.split())
    assert "These remain." in said
    assert "count 1, records 2" in said


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_in_korean_too(client, reconcile, spoiled, method):
    page = Html(await client.request(method, reconcile, headers=HERE | {"Accept-Language": "ko"}))

    assert ("charlie" in page.text) == (method == "GET")
    assert "No differences" not in page.text
    assert "Repair" not in page.text
