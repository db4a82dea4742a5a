"""Settings: where Postgres and Redis are."""

from __future__ import annotations

import re

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    field_validator,
)

from processes.settings.fields import check_url


class DatabaseSettings(BaseModel):
    """Where Postgres is."""

    model_config = ConfigDict(frozen=True)

    DATABASE_URL: str = Field(description="Postgres, as `postgresql://user:password@host/name`")

    @field_validator("DATABASE_URL")
    @classmethod
    def _is_postgres(cls, url: str) -> str:
        if not url.startswith(("postgresql://", "postgres://", "postgresql+psycopg://")):
            raise ValueError("must begin with postgresql://")
        check_url(url)
        return url


class StoreSettings(DatabaseSettings):
    """Where Redis is too, and what the queue between the rooms is called."""

    REDIS_URL: str = Field(description="Redis for the line, as `redis://host:6379/0`")
    QUEUE_REDIS_URL: str = Field("", description="Redis for RQ; default: REDIS_URL")
    QUEUE_NAME: str = Field(
        "waitroom-issue", pattern=r"^[A-Za-z0-9_\-]{1,64}$", description="RQ's queue"
    )
    LOG_FORMAT: str = Field("text", pattern="^(text|json)$", description="`text` or `json`")
    LOG_REQUESTS: bool = Field(
        False, description="1: a line for each request and batch, by which members can be followed"
    )

    OTEL_EXPORTER_OTLP_ENDPOINT: str = Field(
        "", pattern="^(https?://.*)?$", description="where traces are sent by OTLP over HTTP"
    )

    @property
    def follows(self) -> bool:
        """Whether it is kept by which request each member entered."""
        return self.LOG_REQUESTS or bool(self.OTEL_EXPORTER_OTLP_ENDPOINT)

    @field_validator("REDIS_URL", "QUEUE_REDIS_URL")
    @classmethod
    def _is_redis(cls, url: str) -> str:
        if url and not url.startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("must begin with redis://, rediss:// or unix://")
        path = check_url(url).path
        if not url.startswith("unix://") and not re.fullmatch(r"(/[0-9]*)?", path):
            # redis-py would take another database without a word.
            raise ValueError("must end with the number of a database, as redis://host:6379/0")
        return url

    @property
    def queue_redis_url(self) -> str:
        return self.QUEUE_REDIS_URL or self.REDIS_URL
