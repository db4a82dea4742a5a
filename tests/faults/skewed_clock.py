"""Skewed clock: shifts the wall clock of this process by an offset from a file.

`install` must run before the product is imported, which binds `time.time` as a default argument
and `datetime` by name. Both are patched with objects that look up the offset at each call. The
offset is in a memory-mapped file, so a running process' clock can be stepped. Monotonic clocks are
not changed, as on a host with a wrong clock.

Needs CPython (it changes the C type `datetime` in place) and fork.
"""

from __future__ import annotations

import ctypes
import datetime as datetime_module
import gc
import json
import mmap
import os
import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

# The environment variable that names the clock's file: see `follow`.
VARIABLE = "SKEWED_CLOCK"
STATE_EVERY_S = 1.0
# A statement that took longer was interrupted between its readings, and shows nothing. It is
# repeated: some commands state their time only once.
STATED_WITHIN_S = 0.02
STATE_ATTEMPTS = 20
_OFFSET = struct.Struct("d")
_real_time, _real_time_ns, _monotonic = time.time, time.time_ns, time.monotonic


class _Skew:
    """The offset of this process' clock; zero before it follows a file."""

    def __init__(self) -> None:
        self.path: Path | None = None
        self.forks = 0
        self._offset: Any = _OFFSET.pack(0.0)
        self._statements = -1
        self._stated: tuple[float, float] = (0.0, 0.0)
        self._is_stating = False

    def follow(self, path: Path) -> None:
        self.path = path
        with path.open("rb") as file:
            self._offset = mmap.mmap(file.fileno(), _OFFSET.size, access=mmap.ACCESS_READ)
        self._statements = os.open(statements_beside(path), os.O_WRONLY | os.O_APPEND)
        self._stated = (0.0, 0.0)
        self.state()

    def offset_s(self) -> float:
        offset_s: float = _OFFSET.unpack_from(self._offset)[0]
        if self.path is not None and not self._is_stating:
            stated_at, stated_s = self._stated
            if stated_s != offset_s or _monotonic() - stated_at > STATE_EVERY_S:
                self.state()
        return offset_s

    def state(self) -> None:
        """Append to the statements what time this process reads."""
        assert self.path is not None
        self._is_stating = True
        self._stated = (_monotonic(), _OFFSET.unpack_from(self._offset)[0])
        for _ in range(STATE_ATTEMPTS):
            before_s = _monotonic()
            time_s = time.time()
            datetime_s = datetime_module.datetime.now(datetime_module.UTC).timestamp()
            after_s = _monotonic()
            if after_s - before_s < STATED_WITHIN_S:
                break
        statement = {
            "clock": self.path.name, "pid": os.getpid(), "before_s": before_s, "time_s": time_s,
            "datetime_s": datetime_s, "after_s": after_s,
        }  # fmt: skip
        os.write(self._statements, json.dumps(statement).encode() + b"\n")
        self._is_stating = False

    def after_fork(self) -> None:
        """Follow the own file of a command's child process, if there is one."""
        self._is_stating = False  # the fork may have copied it while another thread was stating
        if self.path is None:
            return
        own = sorted(self.path.parent.glob(f"{self.path.name} process *"))
        if own:
            self.follow(own[self.forks % len(own)])
            self.forks = 0

    def count_fork(self) -> None:
        self.forks += 1


_skew = _Skew()


def write_offset(path: Path, offset_s: float) -> None:
    """Set the clock of the processes that follow `path`."""
    if not path.exists():
        path.write_bytes(_OFFSET.pack(offset_s))
    with path.open("r+b") as file, mmap.mmap(file.fileno(), _OFFSET.size) as mapped:
        mapped[:] = _OFFSET.pack(offset_s)


def statements_beside(path: Path) -> Path:
    """The file to which processes of this folder's clocks append their time, one JSON a line."""
    return path.parent / "statements.jsonl"


def follow(path: Path) -> None:
    """Shift this process' clock by the offset in `path`, and state its time once a second."""
    _skew.follow(path)


class _Time:
    """A callable object: a function as a class attribute would become a method."""

    def __init__(self, read: Callable[[], Any]) -> None:
        self._read = read

    def __call__(self) -> Any:
        return self._read()


def install() -> None:
    """Patch the clocks, once, before other code binds them. Without `follow` they are right."""
    now = time.time = _Time(lambda: _real_time() + _skew.offset_s())  # type: ignore[assignment]
    time.time_ns = _Time(  # type: ignore[assignment]
        lambda: _real_time_ns() + round(_skew.offset_s() * 1_000_000_000)
    )
    for name in ("gmtime", "localtime"):
        setattr(time, name, _with_time(getattr(time, name), now))
    # `today` calls `time.time` itself.
    methods = gc.get_referents(datetime_module.datetime.__dict__)[0]
    methods["now"] = classmethod(lambda cls, tz=None: cls.fromtimestamp(now(), tz))
    methods["utcnow"] = classmethod(
        lambda cls: cls.fromtimestamp(now(), datetime_module.UTC).replace(tzinfo=None)
    )
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(datetime_module.datetime))
    os.register_at_fork(after_in_parent=_skew.count_fork, after_in_child=_skew.after_fork)


def _with_time(of: Callable[[float], Any], now: Callable[[], float]) -> Callable[..., Any]:
    return lambda seconds=None: of(now() if seconds is None else seconds)
