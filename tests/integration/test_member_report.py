"""Why a member was refused, or where they are: the command and the API say the same."""

import json
from datetime import timedelta

import pytest
from redis import Redis
from typer.testing import CliRunner

from cli.main import app as cli
from domain.rfc3339 import rfc3339
from domain.room_settings import RoomSettings
from issuance.issued_coupons import find_held_by
from processes.settings.reader import BadSettings
from tests.integration.cast import HOUR, now, time_passes
from tests.integration.member_report_cast import admitted_by_worker, in_a_thread
from tests.integration.web_cast import ADMIN, by, checked_problem, in_line, serve
from waitroom.errors import LineAway, NoSuchRoom
from waitroom.redis_io.keys import Keys


@pytest.fixture
def command(database_url, redis_url, monkeypatch, code):
    """What `waitroom room member` prints of this room."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("REDIS_URL", redis_url)

    def run(*words: str) -> str:
        words = ("room", "member", code, *words)
        found = CliRunner().invoke(cli, words, catch_exceptions=False)
        assert found.exit_code == 0, found.output
        return " ".join(found.output.split())

    return run


@pytest.fixture
def ask(client, code):
    """The API's answer about a member of this room."""

    async def asked(member: str) -> dict:
        answer = await client.get(f"/api/admin/rooms/{code}/members/{member}", headers=ADMIN)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return asked


async def test_who_waits_is_at_their_place_and_was_not_heard_from_by_it(
    line, engine, code, ask, command, redis_url
):
    await in_line(line, engine, code)
    await line.enter(code, "alice")
    await line.enter(code, "bob")
    with Redis.from_url(redis_url) as redis:
        before = redis.dump(Keys(code).last_seen), redis.dump(Keys(code).bucket)
        found = await ask("bob")
        printed = await in_a_thread(command)("bob")
        after = redis.dump(Keys(code).last_seen), redis.dump(Keys(code).bucket)

    assert (found["state"], found["place"], found["refusal"]) == ("waiting", 2, None)
    assert (found["at"], found["clock"]) == (found["arrived_at"], "redis")
    assert "bob waits in line." in printed
    assert "place 2" in printed
    assert before == after


async def test_who_has_a_coupon_has_it_by_its_id_and_postgres_clock(
    line, engine, code, ask, command
):
    await in_line(line, engine, code)
    await line.enter(code, "alice")
    await serve(line, engine, code)

    found = await ask("alice")
    held = find_held_by(engine, code, ["alice"])["alice"]

    assert (found["state"], found["decided_by"], found["clock"]) == ("issued", "worker", "postgres")
    assert (found["issued_coupon_id"], found["at"]) == (str(held.id), rfc3339(held.issued_at))
    assert str(held.id) in await in_a_thread(command)("alice")


async def test_a_coupon_that_expired_under_way_is_refused_by_the_worker(
    line, engine, code, ask, command
):
    await in_line(line, engine, code)
    await line.enter(code, "alice")
    time_passes(engine, 2 * HOUR)
    at = await admitted_by_worker(line, engine, code, "alice")

    found = await ask("alice")
    printed = await in_a_thread(command)("alice")

    when = rfc3339(at)
    assert (found["state"], found["refusal"]["type"]) == ("refused", "closed")
    assert (found["decided_by"], found["at"], found["clock"]) == ("worker", when, "redis")
    assert found["worker_refusals"] == [{"type": "closed", "admitted_at": when}]
    assert "alice was refused (closed): This coupon has ended" in printed
    assert f"admitted at {when} (Redis' clock)" in printed
    assert "decided by worker" in printed


async def test_a_refusal_is_known_where_redis_has_forgotten_it(line, engine, code, ask, redis_url):
    await in_line(line, engine, code)
    await line.enter(code, "alice")
    time_passes(engine, 2 * HOUR)
    await admitted_by_worker(line, engine, code, "alice")
    with Redis.from_url(redis_url) as redis:
        redis.delete(Keys(code).outcomes, Keys(code).spent)

    found = await ask("alice")

    assert (found["state"], found["refusal"] and found["refusal"]["type"]) == ("refused", "closed")


async def test_a_coupon_is_known_where_redis_has_forgotten_it(line, engine, code, ask, redis_url):
    await in_line(line, engine, code)
    await line.enter(code, "alice")
    await serve(line, engine, code)
    with Redis.from_url(redis_url) as redis:
        redis.delete(Keys(code).outcomes)

    assert (await ask("alice"))["state"] == "issued"


async def test_who_read_sold_out_in_line_was_refused_by_the_web(line, engine, code, client, ask):
    await in_line(line, engine, code, total=1)
    for member in ("alice", "bob", "charlie"):
        await line.enter(code, member)
    await serve(line, engine, code, at_most=1)
    place = (await client.get(f"/api/rooms/{code}/place", headers=by("bob"))).json()

    told, untold = await ask("bob"), await ask("charlie")

    assert place["refusal"] == told["refusal"]
    assert (told["state"], told["refusal"]["type"], told["decided_by"]) == (
        "refused", "sold_out", "web",
    )  # fmt: skip
    assert told["clock"] == "redis"
    assert (untold["state"], untold["next_refusal"]) == ("waiting", "sold_out")


async def test_who_read_closed_is_welcome_once_the_room_is_open_again(
    line, engine, code, client, ask, command
):
    await in_line(line, engine, code)
    await line.enter(code, "alice")
    room = f"/api/admin/rooms/{code}"
    await client.patch(room, headers=ADMIN, json={"state": "closed"})
    await line.place(code, "alice")
    closed = await ask("alice")
    await client.patch(room, headers=ADMIN, json={"state": "open"})

    reopened = await ask("alice")

    assert (closed["refusal"]["type"], closed["next_refusal"]) == ("closed", "closed")
    assert (reopened["state"], reopened["next_refusal"]) == ("refused", None)
    assert "they can enter again now" in await in_a_thread(command)("alice")


async def test_who_was_silent_was_passed_over_by_the_admitter(line, engine, code, ask, gone_silent):
    await in_line(line, engine, code)
    await line.enter(code, "alice")
    await line.enter(code, "bob")
    gone_silent("alice")
    await line.place(code, "bob")
    await line.admit(code, at_most=1, lease_s=15)

    alice, bob = await ask("alice"), await ask("bob")

    assert (alice["state"], alice["decided_by"], alice["clock"]) == (
        "passed_over", "admitter", "redis",
    )  # fmt: skip
    assert (bob["state"], bob["decided_by"]) == ("admitted", "admitter")
    assert bob["outcome_due_at"] > bob["at"]


@pytest.mark.parametrize(
    ("changes", "refused_with"),
    [
        ({}, None),
        ({"room": RoomSettings(state="closed")}, "closed"),
        ({"room": RoomSettings(state="draining")}, "draining"),
        ({"opens_at": now() + 24 * HOUR, "expire_date": now() + 48 * HOUR}, "not_open_yet"),
    ],
    ids=["open", "closed", "draining", "not open yet"],
)
async def test_who_is_unknown_is_told_what_entering_gives(
    line, engine, code, client, ask, changes, refused_with
):
    await in_line(line, engine, code, **changes)

    found = await ask("alice")
    entered = (await client.post(f"/api/rooms/{code}/enter", headers=by("alice"))).json()

    assert (found["state"], found["next_refusal"]) == ("unknown", refused_with)
    assert entered["type" if refused_with else "state"] == (refused_with or "waiting")


async def test_a_full_room_refuses_who_is_not_in_it(line, engine, code, ask):
    await in_line(line, engine, code, room=RoomSettings(size_max=1))
    await line.enter(code, "alice")

    assert (await ask("bob"))["next_refusal"] == "room_full"
    assert (await ask("alice"))["next_refusal"] is None


async def test_who_left_has_left(line, engine, code, ask):
    await in_line(line, engine, code)
    await line.enter(code, "alice")
    await line.leave(code, "alice")

    assert (await ask("alice"))["state"] == "left"


async def test_who_left_after_a_refusal_has_left(line, engine, code, ask):
    await in_line(line, engine, code)
    await line.enter(code, "alice")
    time_passes(engine, 2 * HOUR)
    await admitted_by_worker(line, engine, code, "alice")
    await line.enter(code, "alice")
    again = await ask("alice")
    await line.leave(code, "alice")

    left = await ask("alice")

    assert (again["state"], left["state"]) == ("waiting", "left")
    assert [one["type"] for one in left["worker_refusals"]] == ["closed"]


async def test_nobody_learns_a_place_before_the_draw(line, engine, code, ask):
    opens_at = now() + timedelta(minutes=5)
    room = RoomSettings(opening="draw", lobby_s=3_600)
    await in_line(line, engine, code, opens_at=opens_at, room=room)
    await line.enter(code, "alice")

    found = await ask("alice")

    assert (found["state"], found["place"], found["arrived_at"]) == ("waiting", None, None)


async def test_a_member_id_may_have_slashes(line, engine, code, ask):
    await in_line(line, engine, code)
    await line.enter(code, "gid://shopify/7")

    assert (await ask("gid://shopify/7"))["place"] == 1


async def test_command_and_api_say_the_same(line, engine, code, ask, command):
    await in_line(line, engine, code)
    await line.enter(code, "alice")

    printed = json.loads(await in_a_thread(command)("alice", "--json"))

    assert printed == await ask("alice")


async def test_a_bad_member_id_is_refused_by_both(line, engine, code, client, command):
    await in_line(line, engine, code)

    answer = await client.get(f"/api/admin/rooms/{code}/members/a%20b", headers=ADMIN)

    body = checked_problem(answer, "bad_request", 422)
    assert "a space (U+0020)" in body["detail"]
    with pytest.raises(BadSettings, match="MEMBER_ID is not valid"):
        await in_a_thread(command)("a b")


async def test_there_is_no_such_room(line, engine, client, command):
    answer = await client.get("/api/admin/rooms/nowhere/members/alice", headers=ADMIN)

    checked_problem(answer, "no_such_room", 404)
    with pytest.raises(NoSuchRoom):
        await in_a_thread(command)("alice")


async def test_a_room_that_redis_has_lost_is_away_and_not_unknown(
    line, engine, code, client, command, lose_all
):
    await in_line(line, engine, code)
    lose_all()

    answer = await client.get(f"/api/admin/rooms/{code}/members/alice", headers=ADMIN)

    checked_problem(answer, "unavailable", 503)
    with pytest.raises(LineAway):
        await in_a_thread(command)("alice")


async def test_only_admins_may_look(line, engine, code, client):
    await in_line(line, engine, code)

    answer = await client.get(f"/api/admin/rooms/{code}/members/alice", headers=by("alice"))
    nobody = await client.get(f"/api/admin/rooms/{code}/members/alice")

    checked_problem(answer, "forbidden", 403)
    checked_problem(nobody, "not_signed_in", 401)
