"""Options: what a comparison is given, and the order of the ways."""

from __future__ import annotations

from dataclasses import dataclass

from domain.coupon import Issuing

# The line last: its benefit shows best after the others.
WAYS: tuple[Issuing, ...] = ("pessimistic", "optimistic", "redis_lock", "queue")
MEMBERS_PER_COUPON = 10


@dataclass(frozen=True, slots=True)
class CompareOptions:
    """The same for each way. within_s: the members arrive in it. give_up_s: time limit of a way."""

    coupons: int = 1_000
    members: int = 10_000
    within_s: float = 1.0
    connections_max: int = 200
    workers: int = 2
    web_processes: int = 1
    seed: int = 1
    give_up_s: float = 900.0

    @property
    def command(self) -> str:
        """The command that repeats this comparison."""
        return (
            f"waitroom compare --coupons {self.coupons} --members {self.members}"
            f" --within {self.within_s:g} --connections {self.connections_max}"
            f" --workers {self.workers} --web-processes {self.web_processes} --seed {self.seed}"
        )
