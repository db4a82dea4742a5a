"""Settings of the admitter."""

from __future__ import annotations

from pydantic import Field

from processes.settings.stores import StoreSettings


class AdmitterSettings(StoreSettings):
    """The admitter's settings. BATCH_MAX and BACKLOG_MAX bound the RQ queue."""

    BATCH_MAX: int = Field(500, ge=1, le=5_000, description="members in one job")
    BACKLOG_MAX: int = Field(
        50, ge=1, le=10_000, description="jobs in the queue, above which admission pauses"
    )
    JOB_TIMEOUT_S: int = Field(30, ge=1, le=600, description="timeout of one job, in seconds")
    LEASE_S: float = Field(
        15,
        gt=0,
        le=3_600,
        description="seconds after which a member who was admitted and has no outcome is enqueued "
        "again",
    )
    RECONCILE_EVERY_S: float = Field(
        60,
        ge=0,
        le=86_400,
        description="seconds between two checks of Redis against Postgres; 0 turns them off",
    )
