"""A final answer stays final until its owner asks again, also where there is more to give later."""

import time

import pytest

from domain.draw import NUMBERS
from domain.refusals import SoldOut
from issuance.issued_coupons import count_issued, list_holders
from tests.house import eventually
from tests.integration.cast import HOUR, in_force, now
from tests.integration.line_cast import (
    admit,
    crowd,
    enter,
    issue,
    kinds,
    places,
)
from tests.integration.opening_cast import LATER, open_room
from tests.integration.web_cast import by, in_line, serve
from waitroom.admission import Outcome
from waitroom.redis_io.keys import Keys

LEFT_ALONE_S = 3.0


def ask(house, code, member):
    return house.member("GET", f"/api/rooms/{code}/place", member)[1]


def test_stock_added_after_a_sell_out_goes_to_nobody_who_was_told_no_and_has_gone(
    house, engine, code
):
    """Real processes: twenty are told that it is sold out and go, then there are twenty more."""
    house.start_web()
    house.start("worker")
    house.offer(code, 1)
    everybody = crowd(21)
    for member in everybody:
        house.member("POST", f"/api/rooms/{code}/enter", member)
    house.start("admitter")  # not before all have a place
    eventually(lambda: count_issued(engine, code) == (1, 1))
    first = list_holders(engine, code)
    gone = [member for member in everybody if member not in first]
    eventually(lambda: ask(house, code, gone[0])["state"] == "refused")
    told = [ask(house, code, member)["refusal"]["type"] for member in gone]

    house.admin("PATCH", f"/coupons/{code}", {"total_count": 21})
    time.sleep(LEFT_ALONE_S)
    meanwhile = list_holders(engine, code)
    again = [ask(house, code, member)["state"] for member in gone[:3]]
    newcomer = house.member("POST", f"/api/rooms/{code}/enter", "a-new-one")[0]
    eventually(lambda: len(list_holders(engine, code)) == 5)

    assert told == ["sold_out"] * 20
    assert meanwhile == first
    assert set(again) <= {"waiting", "admitted", "issued"}
    assert newcomer == 202
    assert sorted(list_holders(engine, code)) == sorted([*first, *gone[:3], "a-new-one"])


@pytest.fixture
def over(line, code):
    """A room of one that is over, and goes on again with so many more."""

    class Over:
        version = 1

        async def sell_out(self, members):
            await in_force(line, code, total=1)
            came = await enter(line, code, members)
            first = (await admit(line, code)).members
            await issue(line, code, 1, first)
            return came

        async def settle(self, **changes):
            self.version += 1
            await in_force(line, code, version=self.version, used_count=1, **changes)

        async def add(self, more):
            await self.settle(total=1 + more)

    return Over()


async def test_who_was_told_no_is_in_line_again_where_they_stood_once_they_ask(line, code, over):
    _, alice, bob, carol = members = crowd(4)
    came = await over.sell_out(members)
    told = await kinds(line, code, [alice, bob, carol])

    await over.add(2)
    gone = await admit(line, code)
    await enter(line, code, ["a-new-one"])
    back = [await line.enter(code, carol), await line.place(code, alice)]
    then = await admit(line, code)

    assert told == ["sold_out"] * 3
    assert (gone.members, gone.held_back_by) == ((), "empty")
    assert [(one.kind, one.ahead, one.text) for one in back] == [("waiting", 0, "")] * 2
    assert [one.arrival_us for one in back] == [came[3].arrival_us, came[1].arrival_us]
    assert then.members == (alice, carol)
    assert (await line.room_stats(code)).in_line == 1


async def test_who_did_not_ask_while_it_was_sold_out_keeps_waiting(line, code, over):
    _, alice, bob, carol = members = crowd(4)
    await over.sell_out(members)
    await kinds(line, code, [bob])

    await over.add(3)

    assert (await admit(line, code)).members == (alice, carol)


async def test_who_comes_back_too_late_after_a_final_word_stands_at_the_end(
    line, code, over, years_pass
):
    _, alice, bob = members = crowd(3)
    await over.sell_out(members)
    await kinds(line, code, [alice])
    years_pass(alice, 601)

    await over.add(1)
    back = await line.place(code, alice)

    assert (back.kind, back.ahead, back.text) == ("waiting", 1, "e")
    assert (await admit(line, code)).members == (bob,)


@pytest.mark.parametrize("shut", [{"state": "closed"}, {"closes_at": now() - HOUR / 60}])
async def test_closed_is_as_final_where_the_end_is_put_later(line, code, over, shut):
    _, alice, bob = members = crowd(3)
    await over.sell_out(members)
    await over.settle(total=10, **shut)
    told = await kinds(line, code, [alice])

    await over.settle(total=10)
    admitted = await admit(line, code)
    asked = await kinds(line, code, [alice, alice])

    assert told == ["closed"]
    assert admitted.members == (bob,)
    assert asked == ["waiting"] * 2
    assert (await admit(line, code)).members == (alice,)


async def test_two_tabs_that_are_told_no_in_one_call_are_told_alike(line, code, over):
    _, alice = members = crowd(2)
    await over.sell_out(members)

    told = await kinds(line, code, [alice, alice])
    await over.add(1)
    back = await places(line, code, [alice, alice])

    assert told == ["sold_out"] * 2
    assert [(one.kind, one.ahead) for one in back] == [("waiting", 0)] * 2
    assert (await line.room_stats(code)).in_line == 1


async def test_the_result_counts_who_was_told_no_once(line, code, over):
    members = crowd(5)
    await over.sell_out(members)
    before = (await line.room_stats(code)).refused_in_all
    await kinds(line, code, members[1:4])

    figures = await line.room_stats(code)

    assert (before, figures.refused_in_all, figures.waiting) == (4, 4, 0)


async def test_who_left_after_a_final_word_is_out(line, code, over):
    _, alice = members = crowd(2)
    await over.sell_out(members)
    await kinds(line, code, [alice])

    left = await line.leave(code, alice)
    await over.add(1)

    assert left
    assert await kinds(line, code, [alice]) == ["absent"]


async def test_who_was_told_no_before_a_loss_is_back_only_by_asking(
    line, engine, code, comes_by, lose_all
):
    await in_line(line, engine, code, total=1)
    members = crowd(3)
    tickets = await enter(line, code, members)
    await serve(line, engine, code)
    await kinds(line, code, [members[1]])
    await comes_by()

    lose_all()
    await comes_by(times=2)
    told = await line.restore(code, members[2], tickets[2].arrival_us)
    await in_force(line, code, version=9, total=10, used_count=1, restore_s=0)
    gone = await admit(line, code)
    back = await line.restore(code, members[1], tickets[1].arrival_us)

    assert told.kind == "sold_out"
    assert gone.members == ()
    assert back.kind == "waiting"
    assert (await admit(line, code)).members == (members[1],)


async def test_a_member_whom_a_worker_refused_is_out_until_they_enter_again(
    client, line, engine, code
):
    """The stock was lowered while they were under way."""
    await in_line(line, engine, code, total=2)
    members = crowd(2)
    await enter(line, code, members)
    admitted = (await admit(line, code)).members
    await line.report(code, 0, {members[0]: Outcome("refused", SoldOut.slug)})
    told = (await client.get(f"/api/rooms/{code}/place", headers=by(members[0]))).json()
    await in_force(line, code, version=9, total=5)

    assert admitted == tuple(members)
    assert told["refusal"]["type"] == "sold_out"
    assert (await admit(line, code)).members == ()
    assert await kinds(line, code, [members[0]]) == ["refused"]
    assert (await line.enter(code, members[0])).kind == "waiting"


async def test_a_number_of_the_lobby_that_was_told_closed_is_no_place_after_the_draw(
    line, code, raw_redis
):
    """They are not in the record of the draw, which anybody can check."""
    opens_at = now() + LATER
    await in_force(line, code, opens_at=opens_at, opening="draw")
    await enter(line, code, ["alice", "bob"])
    await in_force(line, code, version=2, opens_at=opens_at, opening="draw", state="closed")
    told = await kinds(line, code, ["alice"])
    await in_force(line, code, version=3, opens_at=opens_at, opening="draw")

    in_the_lobby = await kinds(line, code, ["alice"])
    await in_force(line, code, version=4, opens_at=opens_at, opening="draw", state="closed")
    await kinds(line, code, ["alice"])
    open_again = await in_force(line, code, version=5, opens_at=opens_at, opening="draw")
    await open_room(line, open_again)
    lobby = await line.lobby(code)
    await places(line, code, ["alice"])

    assert told == ["closed"]
    assert in_the_lobby == ["waiting"]
    assert lobby == ["bob"]
    assert await raw_redis.zrange(Keys(code).waiting, 0, -1) == [b"bob", b"alice"]
    assert await raw_redis.zscore(Keys(code).waiting, "alice") > NUMBERS
