"""Settings of passes: the keys that sign them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field, field_validator

if TYPE_CHECKING:
    from passes.keys import PassKeys


class PassSettings(BaseModel):
    """The keys of passes."""

    model_config = ConfigDict(frozen=True)

    PASS_KEYS: str = Field(
        "",
        description="the private keys that sign passes for [sites](passes.md), as PEM: one or more "
        "from `waitroom pass-key make`. The first of each algorithm signs; `web` publishes and "
        "accepts all ([rotation](passes.md#rotate-the-keys)). Needs `BASE_URL`",
    )

    @field_validator("PASS_KEYS")
    @classmethod
    def _are_private_keys(cls, pem: str) -> str:
        if pem:
            _parse(pem)
        return pem

    @property
    def pass_keys(self) -> PassKeys | None:
        return _parse(self.PASS_KEYS) if self.PASS_KEYS else None


def _parse(pem: str) -> PassKeys:
    from passes.keys import PassKeys  # a slow import, which workers do not need

    return PassKeys.from_pem(pem)
