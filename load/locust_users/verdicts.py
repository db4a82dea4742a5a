"""The verdict on a run, its exit code, and when both are reported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from locust.env import Environment
from rich.console import Console

from load.crowd.report import print_verdict
from load.crowd.verdict import Verdict
from load.locust_users.crowd import Crowd
from load.locust_users.visitor import Visitor

PROMISE_BROKEN = 1


@dataclass(frozen=True, slots=True)
class RunVerdict:
    """The result of a run. outsiders_served: coupons issued to members who must not get one."""

    crowd: Crowd
    verdict: Verdict
    outsiders_served: int
    failures: int

    @property
    def is_good(self) -> bool:
        wrong = self.outsiders_served + self.failures + self.crowd.missing
        return self.verdict.is_good and not wrong

    def print_verdict(self) -> None:
        out = Console()
        out.print()
        print_verdict(self.verdict, self.crowd.timings, self.crowd.took_s)
        if self.crowd.missing:
            out.print(f"[red]The run ended before {self.crowd.missing:,} members were done.[/red]")
        if self.outsiders_served:
            out.print(f"[red]{self.outsiders_served:,} coupons went to outsiders.[/red]")
        if self.failures:
            out.print(f"[red]Locust counted {self.failures:,} failures: see its table.[/red]")


class RunVerdicts:
    """Keeps the last verdict, since Locust reports the end in three steps."""

    def __init__(self) -> None:
        self.last: RunVerdict | None = None
        self._told_already = False

    def judge(self, environment: Environment, **_: Any) -> None:
        """The run has stopped."""
        told, outsiders_served = Visitor.crowd.judge()
        failures = environment.stats.num_failures
        self.last = RunVerdict(Visitor.crowd, told, outsiders_served, failures)
        # Locust's web interface goes on; without it, its tables come first.
        self._told_already = environment.web_ui is not None
        if self._told_already:
            self.last.print_verdict()

    def decide(self, environment: Environment, **_: Any) -> None:
        """Set the exit code of a broken promise. Locust does so for its own failures."""
        if self.last is None or not self.last.is_good:
            environment.process_exit_code = PROMISE_BROKEN

    def print_verdicts(self, **_: Any) -> None:
        """Locust's tables are printed."""
        if self.last is None:
            print("No member started, so there is no verdict.")
        elif not self._told_already:
            self.last.print_verdict()
