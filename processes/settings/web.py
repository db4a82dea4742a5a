"""Settings of the web process."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Self

from pydantic import Field, field_validator, model_validator

from domain.times.time_zone import parse_zone
from processes.settings.fields import HOW_TO_MAKE_ONE, SECRET_BYTES_MIN, Secrets, WorkerCount
from processes.settings.passes import PassSettings
from processes.settings.sites import SiteSecretsSettings
from processes.settings.stores import StoreSettings
from processes.settings.tokens import TokenSettings


class WebSettings(StoreSettings, TokenSettings, PassSettings, SiteSecretsSettings):
    """The web process's settings."""

    TICKET_SECRETS: Secrets = Field(
        description="comma-separated secrets, at least 32 bytes each, that sign tickets and "
        "sessions. `web` signs with the first and accepts all"
    )
    ADMIN_TOKEN: str = Field(
        description="bearer token of programs that call the admin API, at least 32 bytes"
    )
    ADMIN_PASSWORD_HASH: str = Field(
        "",
        description="an Argon2id hash from `waitroom admin hash`: with its password `admin` signs "
        "in to `/admin` as an operator ([admin.md](admin.md)). Put it in single quotes in a shell "
        "and in `.env`",
    )
    METRICS_TOKEN: str = Field(
        "",
        description="bearer token that `/metrics` requires, at least 32 bytes; empty: it requires "
        "none ([metrics.md](metrics.md#access))",
    )
    WORKERS: WorkerCount = 2
    WEB_DB_CONNECTIONS: int = Field(
        4,
        ge=1,
        le=500,
        description="Postgres connections of one `web` command, shared among its processes: at "
        "least as many as `--processes`",
    )
    LINE_REPLICAS: int = Field(
        0,
        ge=0,
        le=5,
        description="replicas of the line's Redis that must have a place before its member gets "
        "it; 50 ms at most ([what that guarantees](high-availability.md#line_replicas))",
    )
    BASE_URL: str = Field(
        "",
        pattern="^(https?://.*)?$",
        description="the address that browsers use, `http://...` or `https://...`. With https, "
        "cookies are `Secure` and their names begin with `__Host-`",
    )
    FORWARDED_ALLOW_IPS: str = Field(
        "",
        description="addresses and networks of the proxies whose `X-Forwarded-For` `web` trusts, "
        "comma-separated; `*` if only your own proxy can reach `web`",
    )
    DEMO: bool = Field(
        False, description="1: anybody can sign in with any name. Never in production"
    )
    SIGNIN_URL: str = Field(
        "",
        description="the shop's sign-in page, with `{next}` for the address to return to, as "
        "`https://shop.example/login?return_to={next}`. Members who are not signed in are sent "
        "there ([how](operations.md#the-way-in)). Needs `BASE_URL`; `DEMO` does not use it",
    )
    SITE_NAME: str = Field(
        "Open Run", min_length=1, max_length=60, description="the name that every page shows"
    )
    SITE_TIME_ZONE: str = Field(
        "UTC",
        description="the IANA time zone of all pages and forms, as `Asia/Seoul`. The API and the "
        "database use UTC",
    )
    TEMPLATES_DIR: str = Field(
        "",
        description="a folder of templates that override the built-in ones "
        "([pages.md](pages.md#templates-of-your-own))",
    )
    CLOCK_LEEWAY_S: float = Field(
        10,
        ge=0,
        le=60,
        description="seconds by which the shop's clock may differ, for `exp`, `nbf` and `iat` of "
        "member tokens",
    )
    TICKET_AGE_MAX_S: int = Field(
        604_800, ge=60, description="seconds after which a ticket expires"
    )
    SESSION_AGE_MAX_S: int = Field(
        604_800,
        ge=60,
        description="seconds after which a member's session ends. A token can end it sooner, with "
        "`session_until`",
    )
    BODY_BYTES_MAX: int = Field(16_384, ge=1_024, description="bytes of a request's body")
    LIVE_STREAMS_MAX: int = Field(15_000, ge=1, description="open event streams of one process")
    ADDRESS_REQUESTS_MAX: int = Field(
        3_000,
        ge=0,
        le=10_000_000,
        description="requests from one address in any 10 s, over all hosts; 0: no limit. "
        "[What it counts](#limits-by-address)",
    )
    MEMBER_REQUESTS_MAX: int = Field(
        60,
        ge=0,
        le=10_000_000,
        description="requests of one member in any 10 s, from all addresses together; 0: no limit",
    )
    ADDRESS_STREAMS_MAX: int = Field(
        1_000,
        ge=0,
        description="open event streams of one address; 0: no limit. Each `web` process of all "
        "hosts allows its share of them, at least 2",
    )
    MEMBER_STREAMS_MAX: int = Field(
        20,
        ge=0,
        description="open event streams of one member; 0: no limit. Each `web` process of all "
        "hosts allows its share, at least 2",
    )
    DRAIN_S: float = Field(
        5,
        ge=0,
        le=300,
        description="seconds for which `web` keeps serving after SIGTERM while `/livez/line` "
        "answers 503. Set 0 if nothing probes it",
    )
    LIMITS_EXEMPT_IPS: str = Field(
        "127.0.0.0/8,::1",
        description="addresses and networks without limits, comma-separated; `none`: all have "
        "limits",
    )

    @field_validator("SITE_TIME_ZONE")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        parse_zone(name)
        return name

    @field_validator("TEMPLATES_DIR")
    @classmethod
    def _is_there(cls, folder: str) -> str:
        if folder and not Path(folder).is_dir():
            raise ValueError("must be an existing folder")
        return folder

    @field_validator("SIGNIN_URL")
    @classmethod
    def _has_a_place_for_next(cls, text: str) -> str:
        from web.auth.shop_signin import check_signin_url

        if text:
            check_signin_url(text)
        return text

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
        from web.auth.passwords import is_password_hash  # a slow import, which workers do not need

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
    def _passes_name_their_issuer(self) -> Self:
        if self.PASS_KEYS and not self.BASE_URL:
            raise ValueError("PASS_KEYS needs BASE_URL: passes name it as their issuer (iss)")
        return self

    @model_validator(mode="after")
    def _knows_where_to_return(self) -> Self:
        if self.SIGNIN_URL and not self.BASE_URL:
            raise ValueError("SIGNIN_URL needs BASE_URL, the address to which the shop returns")
        return self

    @model_validator(mode="after")
    def _are_secrets_of_their_own(self) -> Self:
        """Each secret is known to different parties, so no two settings may share one.

        The shop knows MEMBER_TOKEN_SECRETS: with the same TICKET_SECRETS it could sign in as admin.
        """
        kept = {
            "MEMBER_TOKEN_SECRETS": self.MEMBER_TOKEN_SECRETS,
            "TICKET_SECRETS": self.TICKET_SECRETS,
            "ADMIN_TOKEN": (self.ADMIN_TOKEN,),
            "METRICS_TOKEN": (self.METRICS_TOKEN,) if self.METRICS_TOKEN else (),
            "SITE_SECRETS_KEYS": self.SITE_SECRETS_KEYS,
        }
        for (one, its), (other, others) in combinations(kept.items(), 2):
            if set(its) & set(others):
                raise ValueError(
                    f"{one} and {other} hold the same secret. Give each a secret of its own; "
                    f"{HOW_TO_MAKE_ONE}"
                )
        return self
