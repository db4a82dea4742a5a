"""Settings of the admitter."""

from __future__ import annotations

from pydantic import (
    Field,
)

from processes.settings.stores import StoreSettings


class AdmitterSettings(StoreSettings):
    """What the admitter needs. The batch and backlog bound what waits in RQ."""

    BATCH_MAX: int = Field(500, ge=1, le=5_000, description="members a job")
    BACKLOG_MAX: int = Field(50, ge=1, le=10_000, description="jobs that may wait in the queue")
    JOB_TIMEOUT_S: int = Field(30, ge=1, le=600, description="one batch's transaction")
    LEASE_S: float = Field(
        15, gt=0, le=3_600, description="an admitted member without an outcome is fed again after"
    )
    RECONCILE_EVERY_S: float = Field(
        60, ge=0, le=86_400, description="between two checks of Redis against Postgres; 0: none"
    )
