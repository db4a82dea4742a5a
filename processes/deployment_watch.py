"""A process ends where its Redis or queue belongs to another deployment."""

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
# The server's command forks its processes, and a fork copies every lock that a thread holds, but
# not the thread that would release it. So none begins in the middle of a check.
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
    """The deployment of these settings, on connections of its own to the line and the queue."""
    line = open_queue_redis(settings.REDIS_URL, timeout_s=timeout_s)
    queue = open_queue_redis(settings.queue_redis_url, timeout_s=timeout_s)
    with line, queue:
        yield Deployment(read_id, deployment_claims(line, queue, settings.QUEUE_NAME))


class DeploymentWatch:
    """Checks once a second, in a thread, so that a Redis that is swapped later is noticed too.

    on_other: called in that thread, once, with the sentence that says what was found.
    """

    def __init__(self, deployment: Deployment, on_other: Callable[[str], None]) -> None:
        self.deployment = deployment
        self.other: OtherDeployment | None = None
        self._on_other = on_other
        self._stop = Event()
        self._checked = Event()
        self._thread = Thread(target=self._run, name="deployment", daemon=True)
        self._thread.start()

    def wait(self, within_s: float, is_told_to_stop: Callable[[], bool] = lambda: False) -> bool:
        """Wait for the first answer; whether there was one. Raises BadSettings where it is another
        deployment's.
        """
        until = time.monotonic() + within_s
        while not self._checked.wait(LOOK_EVERY_S):
            if time.monotonic() >= until or is_told_to_stop():
                return False
        self.raise_if_other()
        return True

    def raise_if_other(self) -> None:
        """Raises BadSettings where another deployment was found."""
        if self.other is not None:
            raise BadSettings(f"{self.other}.")

    def close(self) -> None:
        self._stop.set()
        self._thread.join(timeout=2 * ANSWER_WITHIN_S)

    def _run(self) -> None:
        said = ""
        while not self._stop.is_set():
            try:
                with _checking:
                    self.deployment.check()
                self._checked.set()
                said = ""
            except OtherDeployment as error:
                self.other = error
                self._checked.set()
                self._on_other(str(error))
                return
            except OfficeError as error:
                # What is away is said by those who need it; until the first answer, by nobody else.
                why = str(error) or str(type(error).__doc__)
                if not self._checked.is_set() and why != said:
                    log.warning("the deployment's id is not known yet; trying again", cause=why)
                    said = why
            self._stop.wait(CHECK_EVERY_S)


@contextmanager
def watch_deployment(
    settings: StoreSettings, engine: Engine, on_other: Callable[[str], None]
) -> Iterator[DeploymentWatch]:
    """A watch while the process lives; the id is read from `engine`."""
    with open_deployment(settings, lambda: deployment_id(engine)) as deployment:
        watch = DeploymentWatch(deployment, on_other)
        try:
            yield watch
        finally:
            watch.close()


def refuse_other_deployment(settings: StoreSettings, engine: Engine) -> str:
    """For a command that is about to change something: our id. Raises BadSettings.

    Where a store is away, "": the command says so itself.
    """
    with open_deployment(settings, lambda: deployment_id(engine)) as deployment:
        try:
            deployment.check()
        except OtherDeployment as error:
            raise BadSettings(f"{error}.") from None
        except OfficeError:
            return ""
        return deployment.id
