"""Settings of sites."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, field_validator

from processes.settings.fields import HOW_TO_MAKE_ONE, SECRET_BYTES_MIN, Secrets


class SiteSecretsSettings(BaseModel):
    """The keys that encrypt the secrets of sites in Postgres."""

    model_config = ConfigDict(frozen=True)

    SITE_SECRETS_KEYS: Secrets = Field(
        (),
        description="comma-separated keys, at least 32 bytes each, that encrypt the pass secrets "
        "of sites in Postgres. The first encrypts, all decrypt; without one no site can use HS256",
    )

    @field_validator("SITE_SECRETS_KEYS")
    @classmethod
    def _are_long_keys(cls, keys: tuple[str, ...]) -> tuple[str, ...]:
        if any(len(key.encode()) < SECRET_BYTES_MIN for key in keys):
            raise ValueError(
                f"each key must be at least {SECRET_BYTES_MIN} bytes; {HOW_TO_MAKE_ONE}"
            )
        return keys
