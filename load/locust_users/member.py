"""Member: loads the coupon, gets in line, and polls their place when the answer says to."""

from __future__ import annotations

from typing import Any

import gevent
from locust.env import Environment

from load.crowd.observations import Observations
from load.locust_users.visitor import Answer, Visitor


class Member(Visitor):
    """Signed in by a shop's token. A scenario overrides single steps."""

    abstract = True

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.code = self.crowd.plan.code
        self.seen = Observations(self.crowd.name_for("crowd"))
        self.crowd.seen.append(self.seen)
        valid_s = int(self.crowd.plan.give_up_s + self.crowd.plan.within_s) + 600
        self.token = self.crowd.target.identity.sign(self.seen.member_id, valid_s=valid_s)
        self.headers = {"Authorization": f"Bearer {self.token}"}
        # The token identifies the member; parsing cookies would cost more than a request.
        self.client.client.cookiejar = None

    def life(self) -> None:
        began_s = self.now_s()
        try:
            self.try_to_get_one()
        except Exception as error:
            self.seen.error = f"{type(error).__name__}: {error}"
            raise
        self.seen.told_after_s = self.now_s() - began_s
        self.count("TOLD", f"after arriving ({self.seen.final})", self.seen.told_after_s * 1_000)

    def gather(self) -> None:
        self.look()

    def try_to_get_one(self) -> None:
        self.wait_in_line(self.enter())

    def look(self) -> None:
        """Load the coupon, as every member does before pressing the button."""
        if self.crowd.plan.look == "page":
            self.ask("GET", f"/coupons/{self.code}", "page of the coupon")
        elif self.crowd.plan.look == "api":
            self.ask("GET", f"/api/coupons/{self.code}", "coupon")

    def enter(self) -> float | None:
        """Seconds until the first poll, or None after a final answer."""
        answer = self.ask("POST", f"/api/rooms/{self.code}/enter", "enter")
        self.crowd.timings.enter.append(answer.took_s)
        return self.seen.note(answer.status, described(answer))

    def wait_in_line(self, wait_s: float | None) -> None:
        while wait_s is not None:
            self.seen.waited = True
            gevent.sleep(self.patience_s(wait_s))
            wait_s = self.ask_for_place()

    def patience_s(self, told_s: float) -> float:
        """Seconds until the next poll; the line asked for `told_s`."""
        return told_s

    def ask_for_place(self) -> float | None:
        answer = self.ask("GET", f"/api/rooms/{self.code}/place", "place")
        self.crowd.timings.place.append(answer.took_s)
        return self.seen.note_next(answer.status, described(answer))


def described(answer: Answer) -> dict[str, Any]:
    """The body; without an answer, a body that says so."""
    return answer.body if answer.status else {"type": "no answer", "detail": "see the errors above"}
