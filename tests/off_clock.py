"""Off clock: shifts the wall clock of this process, or of one that starts, by some seconds.

It replaces `time.time`, and `datetime` in our modules and in RQ's.
Monotonic clocks are not changed, as on a real host with a wrong clock.
"""

from __future__ import annotations

import datetime as datetime_module
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from types import ModuleType
from typing import Any

OFF_BY_S = "TEST_CLOCK_OFF_BY_S"
_REAL = datetime_module.datetime
_REAL_TIME = time.time
_for_good = ExitStack()
_PACKAGES = ("cli", "web", "waitroom", "issuance", "topology", "domain", "rq")


def _shifted(off_by_s: float) -> Any:
    off_by = datetime_module.timedelta(seconds=off_by_s)

    class Kind(type):
        def __instancecheck__(cls, one: object) -> bool:
            return isinstance(one, _REAL)

    class Shifted(_REAL, metaclass=Kind):
        @classmethod
        def now(cls, tz: datetime_module.tzinfo | None = None) -> Any:
            return _REAL.now(tz) + off_by

        @classmethod
        def utcnow(cls) -> Any:
            return _REAL.now(datetime_module.UTC).replace(tzinfo=None) + off_by

    return Shifted


def _instead(off_by_s: float) -> list[tuple[Any, Any]]:
    """Pairs of each clock function and its replacement."""
    module = ModuleType("datetime")
    shifted = _shifted(off_by_s)
    vars(module).update(vars(datetime_module) | {"datetime": shifted})
    return [
        (_REAL, shifted),
        (datetime_module, module),
        (_REAL_TIME, lambda: _REAL_TIME() + off_by_s),
    ]


@contextmanager
def clock_off(off_by_s: float) -> Iterator[None]:
    """Inside, this process' clock is `off_by_s` ahead (negative: behind)."""
    instead = _instead(off_by_s)
    changed: list[tuple[Any, str, Any]] = [(time, "time", time.time)]
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in _PACKAGES:
            for word, value in list(vars(module).items()):
                if any(value is one for one, _ in instead):
                    changed.append((module, word, value))
    for module, word, value in changed:
        setattr(module, word, next(other for one, other in instead if one is value))
    try:
        yield
    finally:
        for module, word, value in changed:
            setattr(module, word, value)


def begin_as_told(environ: Mapping[str, str]) -> None:
    """Shift the clock of a new process for good, if its environment has OFF_BY_S."""
    if OFF_BY_S in environ:
        _for_good.enter_context(clock_off(float(environ[OFF_BY_S])))
