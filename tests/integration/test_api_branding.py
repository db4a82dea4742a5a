"""Branding: an admin gives a room its own look, and whoever waits there sees it."""

import re

from typer.testing import CliRunner

from cli.main import app as cli
from issuance.audit import list_entries
from tests.integration.cast import on_offer
from tests.integration.web_cast import ADMIN, checked_problem, in_line
from waitroom.errors import NoSuchRoom

PNG = b"\x89PNG\r\n\x1a\n" + bytes(200)


async def test_a_room_gets_a_name_a_colour_a_message_and_a_logo(client, line, engine, code):
    await in_line(line, engine, code)
    path = f"/api/admin/rooms/{code}"

    look = {"name": "봄 가게", "colour": "#aa2255", "message": "Pick-up is from Monday."}
    await client.patch(f"{path}/branding", json=look, headers=ADMIN)
    with_logo = (await client.put(f"{path}/logo", content=PNG, headers=ADMIN)).json()
    css = await client.get(f"/rooms/{code}/brand.css")
    logo = await client.get(f"/rooms/{code}/logo")
    page = (await client.get(f"/coupons/{code}")).text
    front = (await client.get("/")).text
    cleared = (await client.patch(f"{path}/branding", json={"message": ""}, headers=ADMIN)).json()

    assert {name: with_logo[name] for name in look} == look
    assert "--accent:#aa2255" in css.text
    assert css.headers["content-type"].startswith("text/css")
    assert (logo.content, logo.headers["content-type"]) == (PNG, "image/png")
    for shown in ("봄 가게", "Pick-up is from Monday.", f"/rooms/{code}/brand.css?v=aa2255"):
        assert shown in page
        assert shown not in front, "other pages look as ever"
    [logo_at] = re.findall(rf'src="(/rooms/{code}/logo\?v=\w+)"', page)
    kept = await client.get(logo_at)
    assert kept.content == PNG
    assert "immutable" in kept.headers["cache-control"]
    assert logo.headers["cache-control"] == "no-store", "without its version it may be another soon"
    for other in (logo_at[:-1], f"{logo_at}0", f"/rooms/{code}/brand.css?v=aa"):
        assert (await client.get(other)).headers["cache-control"] == "no-store"
    assert cleared == with_logo | {"message": ""}
    changes = list_entries(engine, subject=code)
    assert [one.what for one in changes[:3]] == ["branding changed"] * 3
    assert changes[0].before == {"message": "Pick-up is from Monday."}


async def test_a_logo_can_be_taken_away(client, line, engine, code):
    await in_line(line, engine, code)
    await client.put(f"/api/admin/rooms/{code}/logo", content=PNG, headers=ADMIN)

    gone = await client.delete(f"/api/admin/rooms/{code}/logo", headers=ADMIN)

    assert gone.json()["logo_sha256"] == ""
    assert (await client.get(f"/rooms/{code}/logo")).status_code == 404


async def test_a_coupon_without_a_line_has_no_branding(
    client, engine, database_url, code, monkeypatch
):
    monkeypatch.setenv("DATABASE_URL", database_url)
    on_offer(engine, code, issuing="pessimistic")
    path = f"/api/admin/rooms/{code}"

    answers = [
        await client.get(f"{path}/branding", headers=ADMIN),
        await client.patch(f"{path}/branding", json={"name": "Tea shop"}, headers=ADMIN),
        await client.put(f"{path}/logo", content=PNG, headers=ADMIN),
        await client.delete(f"{path}/logo", headers=ADMIN),
    ]
    printed = CliRunner().invoke(cli, ["room", "brand", code, "--name", "Tea shop"])

    for answer in answers:
        checked_problem(answer, "no_such_room", 404)
    assert type(printed.exception) is NoSuchRoom
    assert [one.what for one in list_entries(engine, subject=code)] == ["coupon created"]


async def test_what_is_no_look_is_refused_and_nothing_changes(client, line, engine, code):
    await in_line(line, engine, code)
    path = f"/api/admin/rooms/{code}"

    for wrong in ({"colour": "red"}, {"name": "a\nb"}, {"message": "m" * 301}, {"font": "x"}):
        answer = await client.patch(f"{path}/branding", json=wrong, headers=ADMIN)
        checked_problem(answer, "bad_request", 422)
    svg = await client.put(f"{path}/logo", content=b"<svg onload='alert(1)'/>", headers=ADMIN)
    checked_problem(svg, "bad_request", 422)
    large = await client.put(f"{path}/logo", content=PNG + bytes(20_000), headers=ADMIN)
    checked_problem(large, "body_too_large", 413)

    shown = (await client.get(f"{path}/branding", headers=ADMIN)).json()
    assert shown == {"name": "", "colour": "", "message": "", "return_url": "", "logo_sha256": ""}


async def test_only_admins_change_it_and_only_of_rooms_there_are(client, line, engine, code):
    await in_line(line, engine, code)

    for call in (
        client.patch(f"/api/admin/rooms/{code}/branding", json={}),
        client.put(f"/api/admin/rooms/{code}/logo", content=PNG),
        client.delete(f"/api/admin/rooms/{code}/logo"),
        client.get(f"/api/admin/rooms/{code}/branding"),
    ):
        checked_problem(await call, "not_signed_in", 401)
    nowhere = await client.patch(
        "/api/admin/rooms/nowhere/branding", json={"name": "x"}, headers=ADMIN
    )
    checked_problem(nowhere, "no_such_room", 404)
