"""Settings of the worker pool."""

from __future__ import annotations

from processes.settings.fields import WorkerCount
from processes.settings.stores import StoreSettings


class WorkerSettings(StoreSettings):
    """The worker pool's settings."""

    WORKERS: WorkerCount = 2
