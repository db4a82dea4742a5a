"""Pass keys API: the public keys of passes, for programs that verify passes by themselves."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from passes.claims import CLAIM_NAMES
from passes.signer import PassSigner
from web.container import get_container
from web.problems import Problem, documented

JWKS_PATH = "/.well-known/jwks.json"
# How long verifiers may keep the keys; a new key is published longer than this before it signs.
MAX_AGE_S = 300
_CACHE_CONTROL = f"public, max-age={MAX_AGE_S}"

router = APIRouter(tags=["passes"])


class PublicKey(BaseModel):
    """A public key (RFC 7517): `crv`, `x` and `y` of an EC key, or `n` and `e` of an RSA key."""

    model_config = ConfigDict(extra="forbid")

    kty: Literal["EC", "RSA"]
    use: Literal["sig"]
    alg: Literal["ES256", "RS256"]
    kid: str = Field(description="The key's RFC 7638 thumbprint, as in the header of its passes")
    crv: Literal["P-256"] | None = None
    x: str | None = None
    y: str | None = None
    n: str | None = None
    e: str | None = None


class KeySet(BaseModel):
    """All keys that sign passes, or soon will, or did until lately."""

    keys: list[PublicKey]


class Discovery(BaseModel):
    """What programs need to verify passes (OpenID Connect Discovery 1.0)."""

    issuer: str = Field(description="The `iss` of passes")
    jwks_uri: str
    response_types_supported: list[str]
    subject_types_supported: list[str]
    id_token_signing_alg_values_supported: list[str]
    claims_supported: list[str]


@router.get(
    JWKS_PATH,
    response_model=KeySet,
    response_model_exclude_unset=True,
    responses=documented("not_found"),
)
async def jwks(request: Request, response: Response) -> KeySet:
    """The public keys of passes, as a JWK set. Fetch it again after 5 minutes."""
    keys = _get_passes(request).keys.jwks()["keys"]
    response.headers["Cache-Control"] = _CACHE_CONTROL
    return KeySet(keys=[PublicKey.model_validate(key) for key in keys])


@router.get(
    "/.well-known/openid-configuration", response_model=Discovery, responses=documented("not_found")
)
async def discovery(request: Request, response: Response) -> Discovery:
    """Where the public keys of passes are, and what signs passes."""
    passes = _get_passes(request)
    response.headers["Cache-Control"] = _CACHE_CONTROL
    return Discovery(
        issuer=passes.issuer,
        jwks_uri=f"{passes.issuer}{JWKS_PATH}",
        response_types_supported=["id_token"],
        subject_types_supported=["public"],
        id_token_signing_alg_values_supported=list(passes.keys.algorithms),
        claims_supported=list(CLAIM_NAMES),
    )


def _get_passes(request: Request) -> PassSigner:
    """Raises Problem not_found."""
    passes = get_container(request).passes
    if passes is None:
        raise Problem("not_found", "This server signs no passes: PASS_KEYS is not set.")
    return passes
