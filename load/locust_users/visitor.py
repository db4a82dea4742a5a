"""Visitor: a Locust user who lives once, and whose requests are counted by what came of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any, ClassVar

import gevent
from geventhttpclient.client import HTTPClientPool
from locust import FastHttpUser, task
from locust.env import Environment
from locust.exception import StopUser

from load.crowd.observations import ATTEMPTS_MAX, FINAL_REFUSALS, TRY_AGAIN
from load.locust_users.crowd import Crowd

TIMEOUT_S = 60.0
# What a member may be told without anything being wrong.
HONEST = FINAL_REFUSALS | TRY_AGAIN


@dataclass(slots=True)
class Answer:
    """status 0: there was none. body: what JSON there was. took_s: without waiting for our own."""

    status: int
    text: str = ""
    body: dict[str, Any] = field(default_factory=dict)
    took_s: float = 0.0

    @property
    def slug(self) -> str | None:
        """The problem's type, if it is one."""
        return self.body.get("type") if self.status >= 400 else None


class Visitor(FastHttpUser):
    """Waits for the gate, lives once, and goes.

    All share one pool of connections: each user having its own would be a crowd of sockets.
    """

    abstract = True
    crowd: ClassVar[Crowd]

    def __init__(self, environment: Environment) -> None:
        # Only ever the server that was agreed to, whatever a form in the browser says.
        self.host = self.crowd.target.base_url
        super().__init__(environment)
        self.headers: dict[str, str] = {}

    def gather(self) -> None:
        """What they do before the gate opens; nobody's time is taken yet."""

    def life(self) -> None:
        """What they do, from their arrival to the end."""
        raise NotImplementedError

    @task
    def live(self) -> None:
        self._carefully(self.gather)
        # All are there before one goes, or Locust would replace who goes by somebody new.
        self.crowd.count_arrival()
        self.crowd.gate.wait()
        gevent.sleep(self.crowd.arrival_s())
        self._carefully(self.life)
        self.crowd.count_done()
        raise StopUser

    def _carefully(self, part: Callable[[], None]) -> None:
        """A bug of ours is told in Locust's report, and does not begin this life once more."""
        try:
            part()
        except Exception as error:
            self.environment.events.user_error.fire(
                user_instance=self, exception=error, tb=error.__traceback__
            )

    def ask(
        self,
        method: str,
        path: str,
        what: str,
        *,
        refusals: Collection[str | int] = HONEST,
        data: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """One request, tried again while the answer says to.

        refusals: problem types, or where there are only pages statuses, that are no failures.
        """
        for attempt in range(ATTEMPTS_MAX):
            answer = self._ask_once(method, path, what, refusals, data, headers or self.headers)
            if answer.slug not in TRY_AGAIN or attempt == ATTEMPTS_MAX - 1:
                break
            gevent.sleep(answer.body.get("retry_after_s") or 1)
        return answer

    def _ask_once(
        self,
        method: str,
        path: str,
        what: str,
        refusals: Collection[str | int],
        data: str | None,
        headers: dict[str, str],
    ) -> Answer:
        with self.crowd.connections:
            # Not before: waiting for one of our own connections is no slowness of the server.
            response = self.client.request(
                method,
                path,
                name=what,
                data=data,
                headers=headers,
                catch_response=True,
                allow_redirects=False,
            )
        with response:
            answer = _read(response)
            if came_to := self.record_outcome(answer):
                response.request_meta["name"] = f"{what} ({came_to})"
            error = getattr(response, "error", None)
            if answer.status == 0:
                response.failure(f"{type(error).__name__}: {error}")
            elif answer.status < 400 or answer.slug in refusals or answer.status in refusals:
                response.success()
            else:
                response.failure(f"{answer.status} {answer.slug}: {answer.body.get('detail')}")
        return answer

    def record_outcome(self, answer: Answer) -> str | None:
        """What the statistics group it by: a place's state, or a problem's type."""
        return answer.slug or answer.body.get("state")

    def count(self, kind: str, name: str, ms: float = 0.0, fault: str | None = None) -> None:
        """A row of our own in Locust's table; with a `fault`, a failure."""
        self.environment.events.request.fire(
            request_type=kind,
            name=name,
            response_time=ms,
            response_length=0,
            exception=AssertionError(fault) if fault else None,
            context={},
        )

    def check(self, promise: str, kept: bool, otherwise: str) -> None:
        """Count how often a promise was kept, and how often it was not."""
        self.count("CHECK", promise, fault=None if kept else otherwise)

    @staticmethod
    def now_s() -> float:
        return time.monotonic()


def share_connections(crowd: Crowd) -> None:
    """Begin with a pool that nobody has used: a run before may have been of another server."""
    Visitor.crowd = crowd
    Visitor.client_pool = HTTPClientPool(
        concurrency=crowd.plan.connections_max,
        connection_timeout=TIMEOUT_S,
        network_timeout=TIMEOUT_S,
    )


def _read(response: Any) -> Answer:
    text = response.text or ""
    took_s = response.request_meta["response_time"] / 1_000
    kind = (response.headers or {}).get("content-type", "")
    body = response.json() if text and "json" in kind else {}
    return Answer(response.status_code, text, body if isinstance(body, dict) else {}, took_s)
