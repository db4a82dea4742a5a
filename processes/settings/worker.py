"""Settings of the worker pool."""

from __future__ import annotations

from pydantic import (
    Field,
)

from processes.settings.stores import StoreSettings


class WorkerSettings(StoreSettings):
    """What the worker pool needs."""

    WORKERS: int = Field(2, ge=1, le=64, description="worker processes, one connection each")
