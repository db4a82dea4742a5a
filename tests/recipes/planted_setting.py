"""What must hold once the setting `admit_max` is planted; run in the copy, as one of its tests."""

import pytest
from typer.testing import CliRunner

from cli.main import app as commands
from domain.room_settings import RoomSettings
from issuance.offers import get_offer
from processes.settings.reader import BadSettings
from tests.integration.admin_cast import signed_in
from tests.integration.coupon_form_cast import NEW, a_form, wrong_fields
from tests.integration.web_cast import ADMIN, Html, a_coupon_in, by, checked_problem, in_line
from waitroom.redis_io.keys import Keys

ENGLISH = ("Admitted in one step", "How many members one step may admit. 1 to 500.")
KOREAN = (
    "한 번에 입장하는 인원",
    "한 단계에 입장할 수 있는 최대 인원이에요. 1~500 사이로 입력해 주세요.",
)


async def admitted(client, line, code: str) -> int:
    for member in ("alice", "bob", "charlie"):
        await client.post(f"/api/rooms/{code}/enter", headers=by(member))
    return len((await line.admit(code, at_most=100, lease_s=15)).members)


async def test_the_api_takes_it_bounds_it_and_explains_it_and_it_changes_an_admission(
    app, client, line, engine, code
):
    await in_line(line, engine, code, room=RoomSettings(rate_per_s=1_000))
    url = f"/api/admin/rooms/{code}"

    refused = await client.patch(url, headers=ADMIN, json={"admit_max": 501})
    turned = await client.patch(url, headers=ADMIN, json={"admit_max": 2})
    made = await client.post(
        "/api/admin/coupons", headers=ADMIN, json=a_coupon_in(f"{code}-b", room={"admit_max": 7})
    )

    assert "admit_max" in str(checked_problem(refused, "bad_request", 422))
    assert (turned.status_code, turned.json()["admit_max"]) == (200, 2)
    assert (made.status_code, get_offer(engine, f"{code}-b").settings.admit_max) == (201, 7)
    for schema in ("RoomIn", "RoomPatch", "RoomOut"):
        field = app.openapi()["components"]["schemas"][schema]["properties"]["admit_max"]
        assert field["description"] == "How many members one step may admit."
    assert await admitted(client, line, code) == 2


async def test_a_room_that_was_settled_before_it_was_there_has_its_default(
    client, line, raw_redis, engine, code
):
    await in_line(line, engine, code, room=RoomSettings(rate_per_s=1_000))
    await raw_redis.hdel(Keys(code).room, "admit_max")

    assert (await line.room_stats(code)).admit_max == 500
    assert await admitted(client, line, code) == 3


async def test_the_command_line_takes_it_bounds_it_and_explains_it(
    line, engine, code, database_url, redis_url, monkeypatch
):
    await in_line(line, engine, code)
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("REDIS_URL", redis_url)

    def waitroom(*words: str) -> str:
        found = CliRunner().invoke(commands, words, catch_exceptions=False)
        assert found.exit_code == 0, found.output
        return " ".join(found.output.replace("│", " ").split())

    with pytest.raises(BadSettings, match="admit_max must be from 1 to 500, got 501"):
        waitroom("room", "set", code, "--admit-max", "501")

    for command in (("room", "set"), ("coupon", "create")):
        assert "How many members one step may admit." in waitroom(*command, "--help")


@pytest.mark.usefixtures("unknown_address")
@pytest.mark.parametrize(
    ("language", "texts", "wrong"),
    [
        ("en", ENGLISH, "Must be from 1 to 500, got 501."),
        ("ko", KOREAN, "1~500 사이여야 해요. 입력한 값: 501."),
    ],
)
async def test_the_form_takes_it_bounds_it_and_explains_it_in_both_languages(
    client, engine, code, language, texts, wrong
):
    await signed_in(client, engine, "alice", "operator")
    client.headers["accept-language"] = language

    page = await client.get(NEW)
    refused = await client.post(NEW, data=a_form(code, admit_max="501"))
    made = await client.post(NEW, data=a_form(code, admit_max="4"))

    for text in texts:
        assert text in Html(page).text
    assert 'name="admit_max" type="number" value="500"' in page.text
    assert 'min="1" max="500" step="1"' in page.text
    assert wrong_fields(refused) == {"admit_max"}
    assert wrong in Html(refused).text
    assert (made.status_code, get_offer(engine, code).settings.admit_max) == (303, 4)
