"""What processes cost, as Linux counts it, and what they ran on."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
PROC = Path("/proc")


def family(pid: int) -> list[int]:
    """The process and all it has started. Just itself where there is no /proc."""
    children: dict[int, list[int]] = {}
    for entry in PROC.glob("[0-9]*"):
        fields = _stat(int(entry.name))
        if fields:
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found, left = [], [pid]
    while left:
        found.append(one := left.pop())
        left += children.get(one, [])
    return found


def cpu_s(pid: int) -> float:
    """Processor seconds that the process and all it has started have used so far."""
    taken = [_stat(one) for one in family(pid)]
    return sum((int(fields[11]) + int(fields[12])) / TICKS for fields in taken if fields)


def memory_mb(pid: int) -> float:
    """Resident memory of the process and all it has started; what they share counts once each."""
    pages = 0
    for one in family(pid):
        try:
            pages += int((PROC / str(one) / "statm").read_text().split()[1])
        except OSError:
            continue
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


@contextmanager
def watched(pids: Mapping[str, int]) -> Iterator[dict[str, float]]:
    """Cores that each of these used while in it, by name; filled in at the end."""
    cores: dict[str, float] = {}
    before = {name: cpu_s(pid) for name, pid in pids.items()}
    began = time.perf_counter()
    yield cores
    took_s = time.perf_counter() - began
    cores.update({name: (cpu_s(pid) - before[name]) / took_s for name, pid in pids.items()})


def described() -> str:
    python = f"Python {platform.python_version()}"
    return f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, {python}"


def _stat(pid: int) -> list[str]:
    """The fields after the command's name, which may hold blanks; none where it has ended."""
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
