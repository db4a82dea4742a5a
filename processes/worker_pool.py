"""The worker processes of one command. What one of them needs is imported by it alone."""

from __future__ import annotations

import sys

from processes.settings.worker import WorkerSettings
from processes.supervisor import Child, supervise


def run_pool(settings: WorkerSettings, workers: int) -> int:
    """Keep `workers` processes working until SIGTERM or SIGINT; the exit code to end with.

    SIGHUP replaces them in turn, where there are several.
    """
    if workers == 1:
        from processes.worker import run_worker_process

        run_worker_process(settings)
        return 0
    argv = (sys.executable, "-P", "-m", "cli", "worker", "--workers", "1")
    return supervise([Child(f"worker {n + 1}", argv) for n in range(workers)], rolling=True)
