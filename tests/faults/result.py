"""Result: the outcome of one seed, as printed and stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from tests.faults.acknowledged import describe_lost
from tests.faults.evidence import Evidence
from tests.faults.gaps import gaps_of
from tests.faults.members import REFUSALS
from tests.faults.promises import Broken, judge
from tests.faults.schedule import Plan

# Members whose answers are printed, for each broken promise.
STORIES_MAX = 4


@dataclass(slots=True)
class Result:
    """The outcome of a seed.

    made: the kinds of the admin's changes. told_yes: members whose final answer was a coupon.
    unanswered: lines about the members without a final answer, and about every part.
    lost: places that the failover lost, and those counted as unacknowledged. cpu_s: processor time
    of the trial and all its processes. gaps: the longest times (s) in which nobody entered and
    nobody was issued a coupon, where a host failed.
    """

    seed: int
    faults: list[str] = field(default_factory=list)
    opening: str = ""
    changes: list[str] = field(default_factory=list)
    made: list[str] = field(default_factory=list)
    clocks: list[str] = field(default_factory=list)
    lost: str = ""
    members: int = 0
    total: int = 0
    issued: int = 0
    told_yes: int = 0
    refused: int = 0
    answers: int = 0
    no_answer: int = 0
    seconds: float = 0.0
    cpu_s: float = 0.0
    connections: str = ""
    broken: list[dict[str, str]] = field(default_factory=list)
    stories: dict[str, list[str]] = field(default_factory=dict)
    unanswered: list[str] = field(default_factory=list)
    gaps: dict[str, float] = field(default_factory=dict)


def result_of(
    plan: Plan,
    seen: Evidence,
    applied: Sequence[str],
    unanswered: Sequence[str] = (),
    *,
    seconds: float,
) -> Result:
    """Judge the run. applied: the faults that happened. unanswered: as in Result."""
    broken = judge(seen)
    if len(applied) < plan.faults_min:
        broken.append(Broken("five faults", "schedule", f"{len(applied)} were applied"))
    said = [one.said for record in seen.members for one in record.answers]
    finals = [record.final for record in seen.members]
    return Result(
        seed=plan.seed,
        faults=list(applied),
        opening=str(plan.room),
        changes=[str(one) for one in seen.changes],
        made=[one.kind for one in seen.changes if one.is_made],
        clocks=[str(one) for one in seen.clocks],
        lost=describe_lost(seen),
        members=len(seen.members),
        total=seen.total_count,
        issued=len(seen.rows),
        told_yes=finals.count("issued"),
        refused=sum(one in REFUSALS for one in finals),
        answers=len(said),
        no_answer=sum(one.startswith("no answer") for one in said),
        seconds=round(seconds, 1),
        connections=f"{max(seen.connections, default=0)} of {seen.connections_bound}",
        broken=[asdict(one) for one in broken],
        stories=_stories(seen, broken),
        unanswered=list(unanswered),
        gaps=gaps_of(seen, come_within_s=plan.members_come_s) if plan.hosts > 1 else {},
    )


def _stories(seen: Evidence, broken: Sequence[Broken]) -> dict[str, list[str]]:
    """All answers to the first STORIES_MAX members of each broken promise."""
    subjects: dict[str, list[str]] = {}
    for one in broken:
        subjects.setdefault(one.promise, []).append(one.subject)
    chosen = {subject for some in subjects.values() for subject in some[:STORIES_MAX]}
    told = [record for record in seen.members if record.member_id in chosen]
    return {record.member_id: [str(answer) for answer in record.answers] for record in told}
