"""DeploymentWatch: stops a process whose Redis or queue belongs to another deployment."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Lock, Thread

import structlog

from issuance.deployment import Deployment, OtherDeployment, deployment_claims, deployment_id
from issuance.errors import OfficeError
from issuance.postgres.engine import Engine
from issuance.queue.redis_connection import open_queue_redis
from processes.settings.reader import BadSettings
from processes.settings.stores import StoreSettings

log = structlog.get_logger(__name__)

CHECK_EVERY_S = 1.0
ANSWER_WITHIN_S = 2.0
LOOK_EVERY_S = 0.1
# The web command forks. A fork copies locks that threads hold, but not the threads that would
# release them: so no fork may happen during a check.
_checking = Lock()
os.register_at_fork(
    before=_checking.acquire,
    after_in_parent=_checking.release,
    after_in_child=_checking.release,
)


@contextmanager
def open_deployment(
    settings: StoreSettings, read_id: Callable[[], str], *, timeout_s: float = ANSWER_WITHIN_S
) -> Iterator[Deployment]:
    """The deployment of these settings, with its own connections to both Redis servers."""
    line = open_queue_redis(settings.REDIS_URL, timeout_s=timeout_s)
    queue = open_queue_redis(settings.queue_redis_url, timeout_s=timeout_s)
    with line, queue:
        yield Deployment(read_id, deployment_claims(line, queue, settings.QUEUE_NAME))


class DeploymentWatch:
    """A thread that checks once a second, to also detect a Redis that is replaced later.

    on_other: called once in that thread, with the error's sentence.
    """

    def __init__(self, deployment: Deployment, on_other: Callable[[str], None]) -> None:
        self.deployment = deployment
        self.other: OtherDeployment | None = None
        self._on_other = on_other
        self._stop = Event()
        self._checked = Event()
        self._thread = Thread(target=self._run, name="deployment", daemon=True)
        self._thread.start()

    def wait(self, within_s: float, must_stop: Callable[[], bool] = lambda: False) -> bool:
        """Wait for the first check. Returns whether it is done. Raises as `raise_if_other`."""
        until = time.monotonic() + within_s
        while not self._checked.wait(LOOK_EVERY_S):
            if time.monotonic() >= until or must_stop():
                return False
        self.raise_if_other()
        return True

    def raise_if_other(self) -> None:
        """Raises BadSettings if another deployment was found."""
        if self.other is not None:
            raise BadSettings(f"{self.other}.")

    def close(self) -> None:
        self._stop.set()
        self._thread.join(timeout=2 * ANSWER_WITHIN_S)

    def _run(self) -> None:
        logged = ""
        while not self._stop.is_set():
            try:
                with _checking:
                    self.deployment.check()
                self._checked.set()
                logged = ""
            except OtherDeployment as error:
                self.other = error
                self._checked.set()
                self._on_other(str(error))
                return
            except OfficeError as error:
                # Before the first check nothing else runs that would log it.
                cause = str(error) or str(type(error).__doc__)
                if not self._checked.is_set() and cause != logged:
                    log.warning("the deployment's id is not known yet; trying again", cause=cause)
                    logged = cause
            self._stop.wait(CHECK_EVERY_S)


@contextmanager
def watch_deployment(
    settings: StoreSettings, engine: Engine, on_other: Callable[[str], None]
) -> Iterator[DeploymentWatch]:
    """Run a watch during the block; it reads the id from `engine`."""
    with open_deployment(settings, lambda: deployment_id(engine)) as deployment:
        watch = DeploymentWatch(deployment, on_other)
        try:
            yield watch
        finally:
            watch.close()


def refuse_other_deployment(settings: StoreSettings, engine: Engine) -> str:
    """Check before a command's change. Returns our id, or "" if a store is unavailable.

    Raises BadSettings if Redis or the queue belongs to another deployment.
    """
    with open_deployment(settings, lambda: deployment_id(engine)) as deployment:
        try:
            deployment.check()
        except OtherDeployment as error:
            raise BadSettings(f"{error}.") from None
        except OfficeError:
            return ""
        return deployment.id
