"""Two at once: what somebody else does while a transaction of ours is under way."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine, text

from tests.house import eventually

_WAITING = text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


class SomebodyElse:
    """Does this in a thread of their own. Made, they are done, or wait for a lock in Postgres."""

    def __init__(self, engine: Engine, work: Callable[[], Any]) -> None:
        self.outcome: Any = None
        self._work = work
        self._thread = threading.Thread(target=self._do)
        self._thread.start()
        eventually(lambda: not self._thread.is_alive() or self._waits(engine))

    def done(self) -> Any:
        """What came of it: an answer, or an exception, which is not raised here."""
        self._thread.join(30)
        assert not self._thread.is_alive()
        return self.outcome

    def _do(self) -> None:
        try:
            self.outcome = self._work()
        except Exception as error:
            self.outcome = error

    @staticmethod
    def _waits(engine: Engine) -> bool:
        with engine.connect() as connection:
            return bool(connection.execute(_WAITING).scalar_one())
