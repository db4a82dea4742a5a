"""Worker pool: runs the worker processes of one command."""

from __future__ import annotations

import sys

from processes.settings.worker import WorkerSettings
from processes.supervisor import Child, supervise


def run_pool(settings: WorkerSettings, workers: int) -> int:
    """Run this many workers until SIGTERM or SIGINT. Returns the exit code.

    With several workers, SIGHUP replaces them in turn.
    """
    if workers == 1:
        # Imported here: a pool of several needs none of it.
        from processes.worker import run_worker_process

        run_worker_process(settings)
        return 0
    argv = (sys.executable, "-P", "-m", "cli", "worker", "--workers", "1")
    return supervise([Child(f"worker {n + 1}", argv) for n in range(workers)], rolling=True)
