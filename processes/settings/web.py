"""Settings of the web process."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Self

from pydantic import (
    Field,
    field_validator,
    model_validator,
)

from processes.settings.fields import HOW_TO_MAKE_ONE, SECRET_BYTES_MIN, Secrets
from processes.settings.stores import StoreSettings
from processes.settings.tokens import TokenSettings


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
        from web.limits.client_ip import TrustedProxies

        try:
            TrustedProxies(text)
        except ValueError:
            raise ValueError("must be addresses or networks, comma separated, or *") from None
        return text

    @field_validator("LIMITS_EXEMPT_IPS")
    @classmethod
    def _are_networks(cls, text: str) -> str:
        from web.limits.request_limits import parse_networks

        try:
            parse_networks(text)
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
                    f"{HOW_TO_MAKE_ONE}"
                )
        return self
