"""What Python passes to each script is what the contract on top of the script says."""

import asyncio
import re

import pytest
from redis.commands.core import AsyncScript

from domain.spent_ticket import SpentTicket
from tests.integration.cast import HOUR, in_force, now
from tests.integration.line_cast import admit, crowd, enter, issue
from tests.integration.visit_cast import call_and_claim, site_in_force
from tests.unit.test_scripts import LUA, MOVES, OF_A_ROOM
from waitroom.autopilot import Decision, Signals
from waitroom.redis_io.keys import Keys
from waitroom.redis_io.script_call import ScriptCall
from waitroom.redis_io.scripts import key_names, script
from waitroom.tokens.challenge import Solution

Call = tuple[list[str], list[str]]
# In prose: what enter takes has a test of its own.
AGAIN = {"enter": 1, "rate_limit": 4}
BY_SOURCE = {script(move): move for move in MOVES}


@pytest.fixture
def calls(monkeypatch) -> dict[str, list[Call]]:
    """The keys and arguments of each call that is sent from now on, by script."""
    found: dict[str, list[Call]] = {move: [] for move in MOVES}
    call, of_redis = ScriptCall.__call__, AsyncScript.__call__

    async def sent(self, keys, args):
        found[BY_SOURCE[self.source]].append((list(keys), [str(one) for one in args]))
        return await call(self, keys, args)

    async def sent_by_redis(self, keys=None, args=None, client=None):
        found[BY_SOURCE[self.script]].append((list(keys), [str(one) for one in args]))
        return await of_redis(self, keys, args, client)

    monkeypatch.setattr(ScriptCall, "__call__", sent)
    monkeypatch.setattr(AsyncScript, "__call__", sent_by_redis)
    return found


def contract_of(move: str) -> str:
    return (LUA / f"{move}.lua").read_text("utf-8").partition("\n--@")[0].partition("\n\n")[0]


def arguments_of(move: str) -> tuple[int, int]:
    """How many arguments the contract numbers, and how many come again and again after them."""
    contract = contract_of(move)
    numbered = max((int(n) for n in re.findall(r"ARGV\[(\d+)\]", contract)), default=0)
    if move in AGAIN:
        return numbered, AGAIN[move]
    rest = re.search(r"(?:ARGV {4}|then )([^\n]*)", contract)
    if rest is None:
        return numbered, 0
    words = [word.strip() for word in re.split(r", ?|\.\.\.", rest[1]) if word.strip()]
    again = [n for n, word in enumerate(words[1:], 1) if word.split()[0] == words[0].split()[0]]
    return numbered, again[0] if again else 1


async def visits_of_site(line, code):
    """Each move of visits."""
    await site_in_force(line, code)
    await enter(line, code, ["alice"])
    [visit] = await call_and_claim(line, code)
    await line.visits.renew(code, visit.visit_id)
    await asyncio.gather(*(line.visits.find(code, one) for one in (visit.visit_id, "unknown")))
    await line.visits.finish(code, visit.visit_id)
    await line.visits.list_visits(code)
    claimed, ends = visit.claimed_at_us, visit.ends_at_us
    await line.visits.restore(
        code, "lost", "bob", claimed_at_us=claimed, signed_at_us=claimed, ends_at_us=ends
    )


async def everything(line, code):
    """Each move at least once, by the method that makes it."""
    await in_force(line, code, rate_mode="autopilot")
    members = crowd(6)
    await enter(line, code, members)
    await line.place(code, members[0])
    await line.leave(code, members[5], 1)
    await admit(line, code, 3)
    await line.overdue(code, at_most=5, lease_s=1)
    await line.audit.lease(code, members[:3], for_s=5)
    await issue(line, code, 1, members[:1])
    assert [one async for one in line.audit.scan_issued(code)] == [members[:1]]
    await line.audit.retract(code, members[:1])
    await line.restore(code, "of-a-lost-line", 1)
    await line.add_latency(code, "enter_us", {3: 2, 4: 1}, took_s=0.1)
    await line.recovery.read_progress(code)
    spent = [SpentTicket("gone", 5, 6), SpentTicket("gone-too", 5, 6)]
    await line.recovery.add_spent(code, spent)
    await line.recovery.mark_saved(code, spent)
    await line.recovery.mark_retold(code, 1)
    watched = await line.autopilot.read_room(code)
    seen = Signals(watched.now_s, None, 0.0, 0.0)
    pilot, reason = watched.pilot.step(seen, watched.bounds)
    await visits_of_site(line, f"{code}-shop")
    await line.autopilot.apply_decision(watched, pilot, Decision.from_step(pilot, seen, reason))
    await line.login_throttle.start_attempt(code, "127.0.0.1")
    began = await line.sessions.begin(code, f"token-of-{code}", kept_s=5)
    await line.sessions.end(code, began_us=began, age_max_s=60)
    await line.rate_limiter.asked(code, 5)


async def test_python_passes_what_the_contract_names(line, code, calls):
    await everything(line, code)

    assert [move for move, some in calls.items() if not some] == []
    for move in MOVES:
        numbered, again = arguments_of(move)
        for keys, arguments in calls[move]:
            more = len(arguments) - numbered
            assert len(keys) == len(set(re.findall(r"KEYS\[\d+\]", contract_of(move)))), move
            assert more >= 0, move
            assert (more % again == 0) if again else more == 0, (move, arguments)
    for move in OF_A_ROOM:
        for keys, _ in calls[move]:
            room = f"{code}-shop" if keys[0] == Keys(f"{code}-shop").room else code
            assert keys == [getattr(Keys(room), name) for name in key_names(move)]


async def test_those_who_enter_come_with_a_solution_and_a_number_each_where_there_are_any(
    line, code, calls
):
    await in_force(
        line, code, challenge="on", opening="draw", lobby_s=3_600, opens_at=now() + HOUR / 2
    )
    solved = Solution("solved", int(now().timestamp()) + 60)
    await line.enter(code, "alice", "", solved)

    for _, (count, solutions, _waits, *rest) in calls["enter"]:
        assert solutions in ("0", count)
        assert len(rest) in (int(count) + int(solutions), 2 * int(count) + int(solutions))
    assert max(len(arguments) for _, arguments in calls["enter"]) == 6
