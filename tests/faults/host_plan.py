"""Host plan: the faults of one of two hosts, drawn from a seed. No I/O."""

from __future__ import annotations

import random
from dataclasses import replace

from tests.faults.openings import ChangeKind
from tests.faults.schedule import OFFSETS_S, WEB_PROCESSES, Fault, Kind, Plan, draw

HOSTS = ("a", "b")
# Of these, one seed after the other has the next.
KINDS: tuple[Kind, ...] = ("stop", "cut off", "kill", "split brain", "lone admitter")
LENGTHS_S: dict[Kind, float] = {
    "stop": 20.0,
    "cut off": 15.0,
    "kill": 8.0,
    "split brain": 12.0,
    "lone admitter": 15.0,
}
FAULT_FROM_S, FAULT_UNTIL_S = 2.0, 6.0
# The fault's end, and then some time in which both hosts serve.
HEALS_AFTER_S = 2.0
# So that the coupons last longer than the fault.
RATE_FROM_PER_S, RATE_UNTIL_PER_S = 14, 20
# Any other change would stop issuing, and so hide how long the fault stops it.
CHANGES: tuple[ChangeKind, ...] = ("more stock", "less stock")
# A trial in seconds.
FEW_MEMBERS, FEW_COUPONS, SHORTER = 200, 60, 6.0


def draw_hosts(seed: int, *, briefly: bool = False) -> Plan:
    """The plan of this seed: one fault of one host, with clocks and changes of the stock.

    briefly: with few members, in seconds.
    """
    chance = random.Random(f"two hosts, {seed}")
    plan = draw(seed, losses=False)
    kind = KINDS[seed % len(KINDS)]
    length_s, at_s = LENGTHS_S[kind], round(chance.uniform(FAULT_FROM_S, FAULT_UNTIL_S), 2)
    fault = Fault(at_s, "host", kind, length_s, chance.randrange(1_000))
    clocks = {name: chance.choice(OFFSETS_S) for name in clock_names()}
    room = plan.room.with_changes(one for one in plan.room.changes if one.kind in CHANGES)
    plan = replace(
        plan,
        faults=(fault,),
        faults_min=1,
        hosts=len(HOSTS),
        admitters=len(HOSTS),
        clocks=clocks,
        steps=(),
        room=room,
        rate_per_s=chance.randint(RATE_FROM_PER_S, RATE_UNTIL_PER_S),
        healed_s=at_s + length_s + HEALS_AFTER_S,
    )
    return _shorten(plan) if briefly else plan


def clock_names() -> list[str]:
    """The clocks' names, one for each Python process of both hosts."""
    web = [f"web {host}" for host in HOSTS]
    children = [f"{name} process {number}" for name in web for number in range(WEB_PROCESSES // 2)]
    return [
        *web,
        *children,
        *(f"{kind} {host}" for kind in ("admitter", "worker") for host in HOSTS),
    ]


def _shorten(plan: Plan) -> Plan:
    (fault,) = plan.faults
    length_s = round(fault.length_s / SHORTER, 2)
    return replace(
        plan,
        faults=(replace(fault, at_s=0.5, length_s=length_s),),
        healed_s=length_s + 1.0,
        room=replace(plan.room, opens_s=0.0, order="first_come", changes=()),
        coupons=FEW_COUPONS,
        members=FEW_MEMBERS,
        members_come_s=length_s,
    )
