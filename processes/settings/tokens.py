"""Settings of member tokens."""

from __future__ import annotations

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    field_validator,
)

from processes.settings.fields import HOW_TO_MAKE_ONE, SECRET_BYTES_MIN, Secrets


class TokenSettings(BaseModel):
    """The secrets and the audience of member tokens."""

    model_config = ConfigDict(frozen=True)

    MEMBER_TOKEN_SECRETS: Secrets = Field(
        description="comma-separated secrets, at least 32 bytes each, with which the shop signs "
        "its members' tokens. Sign with the first; `web` accepts all"
    )

    MEMBER_TOKEN_AUDIENCE: str = Field(
        "",
        max_length=256,
        description="the `aud` that member tokens must have, alone or in a list; empty: any `aud` "
        "or none",
    )

    @field_validator("MEMBER_TOKEN_SECRETS", "TICKET_SECRETS", check_fields=False)
    @classmethod
    def _are_long(cls, secrets: tuple[str, ...]) -> tuple[str, ...]:
        if not secrets or any(len(secret.encode()) < SECRET_BYTES_MIN for secret in secrets):
            raise ValueError(
                f"each secret must be at least {SECRET_BYTES_MIN} bytes; {HOW_TO_MAKE_ONE}"
            )
        return secrets
