"""Visitor: a Locust user that runs once, and whose requests are counted by their result."""

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
# Refusals that are no fault.
HONEST = FINAL_REFUSALS | TRY_AGAIN


@dataclass(slots=True)
class Answer:
    """status: 0 without an answer. body: its JSON object. took_s: without waiting to connect."""

    status: int
    text: str = ""
    body: dict[str, Any] = field(default_factory=dict)
    took_s: float = 0.0

    @property
    def slug(self) -> str | None:
        """The problem's type, if it is one."""
        return self.body.get("type") if self.status >= 400 else None


class Visitor(FastHttpUser):
    """Waits for the gate, runs once, and ends.

    All share one pool of connections, since one for each user would need too many sockets.
    """

    abstract = True
    crowd: ClassVar[Crowd]

    def __init__(self, environment: Environment) -> None:
        # Always the confirmed server, even if Locust's web form names another one.
        self.host = self.crowd.target.base_url
        super().__init__(environment)
        self.headers: dict[str, str] = {}

    def gather(self) -> None:
        """What they do before the gate opens; not timed."""

    def life(self) -> None:
        """What they do, from their arrival to the end."""
        raise NotImplementedError

    @task
    def live(self) -> None:
        self._carefully(self.gather)
        # Wait until all are ready: Locust would replace a user who ends earlier by a new one.
        self.crowd.count_arrival()
        self.crowd.gate.wait()
        gevent.sleep(self.crowd.arrival_s())
        self._carefully(self.life)
        self.crowd.count_done()
        raise StopUser

    def _carefully(self, part: Callable[[], None]) -> None:
        """Report a bug of ours in Locust's table, and do not run this user again."""
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
        """Send a request, and retry while the answer asks to.

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
            # Only now: the wait for one of our connections is not the server's delay.
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
        """The statistics' group: a place's state, or a problem's type."""
        return answer.slug or answer.body.get("state")

    def count(self, kind: str, name: str, ms: float = 0.0, fault: str | None = None) -> None:
        """Add a row to Locust's table; with a `fault`, a failure."""
        self.environment.events.request.fire(
            request_type=kind,
            name=name,
            response_time=ms,
            response_length=0,
            exception=AssertionError(fault) if fault else None,
            context={},
        )

    def check(self, promise: str, kept: bool, otherwise: str) -> None:
        """Count a check of a promise, and whether it was kept."""
        self.count("CHECK", promise, fault=None if kept else otherwise)

    @staticmethod
    def now_s() -> float:
        return time.monotonic()


def share_connections(crowd: Crowd) -> None:
    """Create a new pool, since an earlier run may have used another server."""
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
