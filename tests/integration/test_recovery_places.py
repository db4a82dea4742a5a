"""After a loss, each ticket gives its member the place they had, and never a better one."""

from __future__ import annotations

import pytest

from application.apply_settings import apply_settings
from domain.watermark import Watermark
from issuance import offers
from issuance.watermarks import save_watermark
from tests.integration.cast import in_force, now
from tests.integration.line_cast import (
    admit,
    enter,
    issue,
    places,
    refuse,
)
from tests.integration.lost_cast import HASTE, come_back, tickets_of
from tests.integration.web_cast import in_line, serve


async def test_who_had_their_turn_does_not_stand_at_the_head_again(
    line, engine, code, comes_by, lose_all
):
    await in_line(line, engine, code, room=HASTE)
    tickets = await tickets_of(line, code, ["alice", "bob", "charlie"])
    await admit(line, code, 1)
    await refuse(line, code, 0, ["alice"])
    await comes_by()

    lose_all()
    await comes_by(times=2)
    told = await come_back(line, code, tickets, ["alice", "bob", "charlie"])

    assert [told[who].kind for who in ("alice", "bob", "charlie")] == ["absent"] + ["waiting"] * 2


async def test_a_member_with_a_coupon_does_not_stand_at_the_head_until_they_are_told_again(
    line, engine, code, comes_by, lose_all
):
    """The admitter settles all rooms before it tells anybody again."""
    await in_line(line, engine, code, room=HASTE)
    tickets = await tickets_of(line, code, ["alice", "bob"])
    await serve(line, engine, code, 1)
    await comes_by()

    lose_all()
    await apply_settings(line, offers.get_offer(engine, code))
    told = await come_back(line, code, tickets, ["alice", "bob"])
    await comes_by(times=2)
    told_again = await come_back(line, code, tickets, ["alice", "bob"])

    assert [told[who].kind for who in ("alice", "bob")] == ["untold", "waiting"]
    assert [told_again[who].kind for who in ("alice", "bob")] == ["issued", "waiting"]


async def test_who_was_let_through_and_waits_for_an_outcome_is_not_forgotten(
    line, engine, code, comes_by, lose_all
):
    """Not even where everybody behind them has one."""
    await in_line(line, engine, code, room=HASTE)
    tickets = await tickets_of(line, code, ["alice", "bob", "charlie"])
    await admit(line, code, 3)
    await issue(line, code, 2, ["bob", "charlie"])
    await comes_by()

    lose_all()
    await comes_by(times=2)
    told = await come_back(line, code, tickets, ["alice"])

    assert told["alice"].kind == "waiting"
    assert (await admit(line, code)).members == ("alice",)


async def test_what_was_spent_stays_spent_through_two_losses(
    line, engine, code, comes_by, lose_all
):
    await in_line(line, engine, code, room=HASTE)
    tickets = await tickets_of(line, code, ["alice", "bob"])
    await admit(line, code, 1)
    await refuse(line, code, 0, ["alice"])
    await comes_by()

    for _ in range(2):
        lose_all()
        await comes_by(times=3)
    told = await come_back(line, code, tickets, ["alice", "bob"])

    assert [one.kind for one in told.values()] == ["absent", "waiting"]


@pytest.mark.parametrize("is_late", [False, True])
async def test_who_comes_back_after_the_line_went_on_is_next_unless_it_is_too_late(
    line, engine, code, comes_by, lose_all, set_back, is_late
):
    await in_line(line, engine, code, room=HASTE)
    tickets = await tickets_of(line, code, ["alice", "bob", "charlie", "dora"])
    await comes_by()
    lose_all()
    await comes_by(times=2)
    await come_back(line, code, tickets, ["bob", "dora"])
    await admit(line, code, 1)
    if is_late:
        set_back("lost_at", HASTE.grace_s + HASTE.return_s + 1)

    told = await come_back(line, code, tickets, ["charlie", "alice"])

    assert (told["alice"].ahead, told["alice"].text) == ((2, "e") if is_late else (0, ""))
    # The line has not gone past this one.
    assert (told["charlie"].ahead, told["charlie"].text) == (0 if is_late else 1, "")


async def test_who_left_can_not_come_back_by_the_ticket_they_kept(line, code):
    await in_force(line, code)
    tickets = await tickets_of(line, code, ["alice", "bob"])
    await line.leave(code, "alice")

    told = await come_back(line, code, tickets, ["alice"])
    await enter(line, code, ["alice"])
    again = await come_back(line, code, tickets, ["alice"])
    await line.leave(code, "alice")

    assert told["alice"].kind == "absent"
    assert again["alice"].ahead == 1
    assert (await come_back(line, code, tickets, ["alice"]))["alice"].kind == "absent"


async def test_who_was_refused_can_not_come_back_by_the_ticket_they_kept(line, code):
    await in_force(line, code)
    tickets = await tickets_of(line, code, ["alice", "bob", "charlie"])
    await admit(line, code, 1)
    await refuse(line, code, 0, ["alice"])

    told = await come_back(line, code, tickets, ["alice"])
    await enter(line, code, ["alice"])
    await line.leave(code, "alice")

    assert told["alice"].kind == "refused"
    assert (await come_back(line, code, tickets, ["alice"]))["alice"].kind == "absent"


async def test_a_ticket_moves_nobody_whom_the_line_knows(line, code):
    await in_force(line, code)
    await enter(line, code, ["alice", "bob", "charlie"])
    await admit(line, code, 1)
    early = dict.fromkeys(("alice", "charlie"), await line.place(code, "bob"))

    told = await come_back(line, code, early, ["alice", "charlie"])

    assert told["alice"].kind == "admitted"
    assert told["charlie"].ahead == 1


async def test_whoever_comes_after_a_loss_stands_behind_though_the_clock_went_back(
    line, engine, code, comes_by, lose_all
):
    """Another machine's Redis, whose clock is an hour behind the one that gave the tickets."""
    await in_line(line, engine, code, room=HASTE)
    ahead_us = int(now().timestamp() * 1_000_000) + 3_600_000_000
    offer = offers.get_offer(engine, code)
    save_watermark(engine, offer.room.id, Watermark(ahead_us, 0, ahead_us))
    lose_all()
    await comes_by(times=2)

    newcomer = (await enter(line, code, ["a-new-one"]))[0]
    later = await line.restore(code, "alice", ahead_us - 5)

    assert newcomer.arrival_us > ahead_us
    assert later.ahead == 0
    assert [one.ahead for one in await places(line, code, ["a-new-one"])] == [1]
