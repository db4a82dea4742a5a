"""Settings that all processes share: Postgres, Redis, the queue, logs and traces."""

from __future__ import annotations

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    field_validator,
)

from domain.stores.postgres_url import move_hosts_to_query
from topology.redis_url import parse_redis_url


class DatabaseSettings(BaseModel):
    """The address of Postgres."""

    model_config = ConfigDict(frozen=True)

    DATABASE_URL: str = Field(
        description="URL of Postgres, `postgresql://user:password@host:5432/name`. With several "
        "hosts, `host1:5432,host2:5432`, the first that accepts writes is used"
    )

    @field_validator("DATABASE_URL")
    @classmethod
    def _is_postgres(cls, url: str) -> str:
        move_hosts_to_query(url)  # checks it
        return url


class StoreSettings(DatabaseSettings):
    """The addresses of both stores, the queue, logs and traces."""

    REDIS_URL: str = Field(
        description="URL of the Redis that keeps the line, `redis://:password@host:6379/0`, "
        "`rediss://...`, `unix://...`, or of its Sentinels, `redis+sentinel://...` "
        "([forms](#redis-urls)). Percent-encode the password (`/` is `%2F`)"
    )
    QUEUE_REDIS_URL: str = Field(
        "",
        description="URL of the Redis that keeps RQ's jobs, in the same forms; empty: `REDIS_URL`. "
        "RQ does not run on "
        "Redis Cluster",
    )
    QUEUE_NAME: str = Field(
        "waitroom-issue",
        pattern=r"^[A-Za-z0-9_\-]{1,64}$",
        description="name of RQ's queue: 1 to 64 of `A-Z a-z 0-9 _ -`. The same for all processes "
        "of a deployment, and [for no other deployment](operations.md#two-deployments)",
    )
    LOG_FORMAT: str = Field(
        "text", pattern="^(text|json)$", description="`text` or `json`, on standard error"
    )
    LOG_REQUESTS: bool = Field(
        False,
        description="1: log each request and each batch, so that you can "
        "[follow a member](operations.md#logs). Set it for all processes",
    )

    OTEL_EXPORTER_OTLP_ENDPOINT: str = Field(
        "",
        pattern="^(https?://.*)?$",
        description="URL that receives [traces](operations.md#traces) by OTLP over HTTP, such as "
        "`http://collector:4318`. Set it for all processes",
    )

    @property
    def follows(self) -> bool:
        """Whether to keep the id of the request by which each member entered."""
        return self.LOG_REQUESTS or bool(self.OTEL_EXPORTER_OTLP_ENDPOINT)

    @field_validator("REDIS_URL", "QUEUE_REDIS_URL")
    @classmethod
    def _is_redis(cls, url: str) -> str:
        if url:
            parse_redis_url(url)
        return url

    @property
    def queue_redis_url(self) -> str:
        return self.QUEUE_REDIS_URL or self.REDIS_URL
