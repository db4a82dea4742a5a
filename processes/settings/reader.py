"""Each process reads its environment once, here, into a frozen, checked object."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar
from urllib.parse import SplitResult, urlsplit

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

SECRET_BYTES_MIN = 32
_HOW_TO_MAKE_ONE = "make one with `python3 -c 'import secrets; print(secrets.token_urlsafe(32))'`"


class BadSettings(Exception):
    """The environment does not say what this process needs."""


def _split(text: object) -> object:
    return tuple(part.strip() for part in text.split(",")) if isinstance(text, str) else text


Secrets = Annotated[tuple[str, ...], BeforeValidator(_split)]


def _check_url(url: str) -> SplitResult:
    """The URL's parts. Raises ValueError, which repeats none of them: one is a password."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        parts = None
    if parts is None or parts.fragment or (parts.query and "@" in parts.query):
        raise ValueError(
            "can't be read; in a user's name or password write / ? # @ : [ ] % as "
            "%2F %3F %23 %40 %3A %5B %5D %25"
        )
    return parts


class DatabaseSettings(BaseModel):
    """Where Postgres is."""

    model_config = ConfigDict(frozen=True)

    DATABASE_URL: str = Field(description="Postgres, as `postgresql://user:password@host/name`")

    @field_validator("DATABASE_URL")
    @classmethod
    def _is_postgres(cls, url: str) -> str:
        if not url.startswith(("postgresql://", "postgres://", "postgresql+psycopg://")):
            raise ValueError("must begin with postgresql://")
        _check_url(url)
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
        path = _check_url(url).path
        if not url.startswith("unix://") and not re.fullmatch(r"(/[0-9]*)?", path):
            # redis-py would take another database without a word.
            raise ValueError("must end with the number of a database, as redis://host:6379/0")
        return url

    @property
    def queue_redis_url(self) -> str:
        return self.QUEUE_REDIS_URL or self.REDIS_URL


class TokenSettings(BaseModel):
    """What member tokens are signed with."""

    model_config = ConfigDict(frozen=True)

    MEMBER_TOKEN_SECRETS: Secrets = Field(
        description="shared with the shop; comma separated, each at least 32 bytes; "
        "the first signs, all verify"
    )

    MEMBER_TOKEN_AUDIENCE: str = Field(
        "", max_length=256, description="member tokens must have it as `aud`; empty: any `aud`"
    )

    @field_validator("MEMBER_TOKEN_SECRETS", "TICKET_SECRETS", check_fields=False)
    @classmethod
    def _are_long(cls, secrets: tuple[str, ...]) -> tuple[str, ...]:
        if not secrets or any(len(secret.encode()) < SECRET_BYTES_MIN for secret in secrets):
            raise ValueError(
                f"each secret must be at least {SECRET_BYTES_MIN} bytes; {_HOW_TO_MAKE_ONE}"
            )
        return secrets


class WebSettings(StoreSettings, TokenSettings):
    """What the web process needs."""

    TICKET_SECRETS: Secrets = Field(description="signs tickets; as MEMBER_TOKEN_SECRETS")
    ADMIN_TOKEN: str = Field(description="for machines that administer; at least 32 bytes")
    ADMIN_PASSWORD_HASH: str = Field(
        "", description="an Argon2id hash: its password lets `admin` sign in as operator"
    )
    METRICS_TOKEN: str = Field(
        "", description="whoever asks for /metrics must send it; empty: anybody may ask"
    )
    WORKERS: int = Field(2, ge=1, le=64, description="worker processes, for the bound shown")
    WEB_DB_CONNECTIONS: int = Field(
        4, ge=1, le=500, description="Postgres connections of all of a web command's processes"
    )
    BASE_URL: str = Field(
        "", pattern="^(https?://.*)?$", description="how browsers reach us; https: secure cookies"
    )
    FORWARDED_ALLOW_IPS: str = Field(
        "", description="proxies whose X-Forwarded-For is believed; `*`: any that can reach us"
    )
    DEMO: bool = Field(False, description="1: anybody may sign in with any name")
    SITE_NAME: str = Field("Open Run", min_length=1, max_length=60, description="on every page")
    TEMPLATES_DIR: str = Field("", description="a folder of templates that come before ours")
    CLOCK_LEEWAY_S: float = Field(
        10, ge=0, le=60, description="how far the shop's clock may differ for member tokens"
    )
    TICKET_AGE_MAX_S: int = Field(604_800, ge=60, description="older tickets have expired")
    SESSION_AGE_MAX_S: int = Field(604_800, ge=60, description="older sessions have ended")
    BODY_BYTES_MAX: int = Field(16_384, ge=1_024, description="larger bodies are refused")
    LIVE_STREAMS_MAX: int = Field(15_000, ge=1, description="open event streams a process")
    ADDRESS_REQUESTS_MAX: int = Field(
        3_000, ge=0, le=10_000_000, description="from one address in any 10 s; 0: any number"
    )
    MEMBER_REQUESTS_MAX: int = Field(
        60, ge=0, le=10_000_000, description="of one member in any 10 s; 0: any number"
    )
    ADDRESS_STREAMS_MAX: int = Field(
        1_000, ge=0, description="open event streams of one address; 0: any number"
    )
    MEMBER_STREAMS_MAX: int = Field(
        20, ge=0, description="open event streams of one member; 0: any number"
    )
    DRAIN_S: float = Field(
        5, ge=0, le=300, description="served after SIGTERM while /livez/line fails; 0: none"
    )
    LIMITS_EXEMPT_IPS: str = Field(
        "127.0.0.0/8,::1", description="addresses and networks without limits; `none`: none"
    )

    @field_validator("TEMPLATES_DIR")
    @classmethod
    def _is_there(cls, folder: str) -> str:
        if folder and not Path(folder).is_dir():
            raise ValueError("must be a folder that is there")
        return folder

    @field_validator("FORWARDED_ALLOW_IPS")
    @classmethod
    def _are_addresses(cls, text: str) -> str:
        from web.middleware.client_ip import Proxies

        try:
            Proxies(text)
        except ValueError:
            raise ValueError("must be addresses or networks, comma separated, or *") from None
        return text

    @field_validator("LIMITS_EXEMPT_IPS")
    @classmethod
    def _are_networks(cls, text: str) -> str:
        from web.middleware.rate_limit import networks

        try:
            networks(text)
        except ValueError:
            raise ValueError("must be addresses or networks, comma separated, or none") from None
        return text

    @field_validator("ADMIN_PASSWORD_HASH")
    @classmethod
    def _is_a_hash(cls, text: str) -> str:
        from web.auth.passwords import is_password_hash  # which takes a worker time it doesn't need

        if text and not is_password_hash(text):
            raise ValueError("must be an Argon2id hash; make one with `waitroom admin hash`")
        return text

    @field_validator("ADMIN_TOKEN", "METRICS_TOKEN")
    @classmethod
    def _is_long(cls, token: str) -> str:
        if len(token.encode()) < SECRET_BYTES_MIN:
            raise ValueError(f"must be at least {SECRET_BYTES_MIN} bytes")
        return token

    @model_validator(mode="after")
    def _are_secrets_of_their_own(self) -> Self:
        """The shop knows MEMBER_TOKEN_SECRETS: were they TICKET_SECRETS too, it could sign in as an
        admin. Whoever knows one secret must not know another by it.
        """
        kept = {
            "MEMBER_TOKEN_SECRETS": self.MEMBER_TOKEN_SECRETS,
            "TICKET_SECRETS": self.TICKET_SECRETS,
            "ADMIN_TOKEN": (self.ADMIN_TOKEN,),
            "METRICS_TOKEN": (self.METRICS_TOKEN,) if self.METRICS_TOKEN else (),
        }
        for (one, its), (other, others) in combinations(kept.items(), 2):
            if set(its) & set(others):
                raise ValueError(
                    f"{one} and {other} hold the same secret. Give each a secret of its own; "
                    f"{_HOW_TO_MAKE_ONE}"
                )
        return self


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


class WorkerSettings(StoreSettings):
    """What the worker pool needs."""

    WORKERS: int = Field(2, ge=1, le=64, description="worker processes, one connection each")


ALL = (WebSettings, AdmitterSettings, WorkerSettings)
Settings = TypeVar("Settings", bound=BaseModel)


def read(kind: type[Settings], environ: Mapping[str, str]) -> Settings:
    """`kind` from the environment, each value given as NAME or as a file's path in NAME_FILE.

    Raises BadSettings with a sentence for each value that is missing or wrong.
    """
    values: dict[str, Any] = {}
    for name in kind.model_fields:
        text = _given(name, environ)
        if text is not None:
            values[name] = text
    try:
        return kind(**values)
    except ValidationError as error:
        raise BadSettings("\n".join(_sentence(one, kind) for one in error.errors())) from None


def _given(name: str, environ: Mapping[str, str]) -> str | None:
    if path := environ.get(f"{name}_FILE"):
        try:
            return Path(path).read_text("utf-8").strip()
        except OSError as error:
            raise BadSettings(f"{name}_FILE can't be read: {error.strerror}, {path}") from None
        except UnicodeDecodeError:
            raise BadSettings(f"{name}_FILE can't be read: it is not text, {path}") from None
    # An empty value is how compose files and shells say "not set".
    return environ.get(name) or None


def _sentence(error: Any, kind: type[BaseModel]) -> str:
    what = str(error["msg"]).removeprefix("Value error, ").removeprefix("Input ")
    if not error["loc"]:
        return f"{what}."  # about several of them, which it names
    name = str(error["loc"][0])
    if error["type"] == "missing":
        return f"{name} is not set: {kind.model_fields[name].description}."
    secret = "SECRET" in name or "TOKEN" in name or "PASSWORD" in name or "URL" in name
    got = "" if secret else f', got "{error["input"]}"'
    return f"{name}: {what}{got}."
