"""Options: what all ways are compared with."""

from __future__ import annotations

from dataclasses import dataclass

from domain.coupon import Issuing

# The line last: what it is for is easier to see once the others have been seen.
WAYS: tuple[Issuing, ...] = ("pessimistic", "optimistic", "redis_lock", "queue")
MEMBERS_PER_COUPON = 10


@dataclass(frozen=True, slots=True)
class CompareOptions:
    """The same for each way. within_s: all arrive in it. give_up_s: for one way."""

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
        """What to type to have it again."""
        return (
            f"waitroom compare --coupons {self.coupons} --members {self.members}"
            f" --within {self.within_s:g} --connections {self.connections_max}"
            f" --workers {self.workers} --web-processes {self.web_processes} --seed {self.seed}"
        )
