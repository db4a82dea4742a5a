"""Who asks. Member tokens that a shop mints, and the admin token.

A general JWT library parses and checks whatever a token may be: five times the work of a signature,
and a crowd brings one each. So an HS256 token with a plain header (RFC 7515) is read here; any
other token, good or bad, is left to PyJWT, which alone refuses. What the claims must be is in
`web.auth.token_claims`, for both.
"""

from __future__ import annotations

import hmac
import json
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import a2b_base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import jwt
from jwt.types import Options
from pydantic_core import from_json

from waitroom.tokens.ticket import HmacKey, to_base64url
from web.auth.token_claims import DEFAULT_RULES, BadToken, ClaimRules

TOKEN_LENGTH_MAX = 4_096
# A process caches the claims of this many tokens up to this length, in at most 20 MB.
TOKENS_KEPT, KEPT_LENGTH_MAX = 32_768, 512
NAME_LENGTH_MAX = 64
_SCHEME = b"Bearer "
# `base64.urlsafe_b64decode` goes through several layers, for each token of a crowd.
_FROM_BASE64URL = bytes.maketrans(b"-_", b"+/")
# A plain header has only these fields, in any order. A shop's tokens share a few headers, so each
# is read once; anybody can send others, so few and short ones are kept.
_PLAIN_FIELDS = frozenset({"alg", "typ", "kid"})
_HEADERS_KEPT, _HEADER_LENGTH_MAX = 64, 512
_SIGNATURE_ONLY: Options = {
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_aud": False,
    "verify_iss": False,
    "verify_sub": False,
    "verify_jti": False,
}


class NotSignedIn(Exception):
    """Sign in first, or send a member token as `Authorization: Bearer ...`."""


class Forbidden(Exception):
    """This is for admins: send the admin token as `Authorization: Bearer ...`."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """An authenticated member; `name` is for display only.

    signed_in_us, until_s: the session's beginning and end, in microseconds and seconds since 1970;
    0 for a member token.
    """

    id: str
    name: str
    signed_in_us: int = field(default=0, compare=False)
    until_s: int = field(default=0, compare=False)


class MemberTokens:
    """Verifies and signs member tokens (JWT, HS256).

    Signs with the first secret and accepts tokens of all. rules: for the claims. now: seconds since
    1970; a shop's clock wrote the claims, so not by a host's clock alone.
    """

    def __init__(
        self,
        member_token_secrets: Sequence[str],
        admin_token: str,
        *,
        rules: ClaimRules = DEFAULT_RULES,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._secrets = list(member_token_secrets)
        self._admin_token = admin_token
        self._now = now
        self._rules = rules
        self._fast = FastJwt(self._secrets)
        # Caches only accepted tokens, so that attackers can't fill it.
        self._accept_cached = lru_cache(maxsize=TOKENS_KEPT)(self._accept)

    def now_s(self) -> float:
        """The time by which tokens are judged: seconds since 1970."""
        return self._now()

    def sign(self, member_id: str, *, valid_s: int = 3600, name: str | None = None) -> str:
        """A member token as a shop signs it."""
        expires = datetime.fromtimestamp(self._now(), UTC) + timedelta(seconds=valid_s)
        claims: dict[str, object] = {"sub": member_id, "exp": expires}
        if name is not None:
            claims["name"] = name
        if self._rules.audience:
            claims["aud"] = self._rules.audience
        return jwt.encode(claims, self._secrets[0], algorithm="HS256")

    def verify(self, token: str) -> Visitor:
        """The token's member. Raises BadToken, whose text names the fault."""
        claims = self._signed_claims(token)
        member_id, name = self._rules.member_id(claims, self._now()), claims.get("name")
        if not isinstance(name, str) or not name:
            name = member_id
        # JSON can contain a lone surrogate, which no page can show.
        name = name[:NAME_LENGTH_MAX].encode("utf-8", "replace").decode()
        return Visitor(member_id, name)

    def find_member(self, token: str) -> str:
        """The member's id only. Raises BadToken as `verify`."""
        accept = self._accept_cached if len(token) <= KEPT_LENGTH_MAX else self._accept
        member_id, accepted_s, ends_s = accept(token)
        # Only time can make an accepted token a bad one.
        if accepted_s <= self._now() < ends_s:
            return member_id
        return self._accept(token)[0]

    def verify_claims(self, token: str) -> dict[str, object]:
        """All claims of a valid token. Raises BadToken as `verify`."""
        claims = self._signed_claims(token)
        self._rules.member_id(claims, self._now())
        return claims

    def _signed_claims(self, token: str) -> dict[str, object]:
        """The claims of a token with a valid signature; the rules must check them."""
        if len(token) > TOKEN_LENGTH_MAX:
            raise BadToken(f"The member token is longer than {TOKEN_LENGTH_MAX} characters.")
        return self._fast.verify(token) or self._by_pyjwt(token)

    def _accept(self, token: str) -> tuple[str, float, float]:
        """The member's id, the time, and when the token expires. Raises BadToken."""
        claims, now = self._signed_claims(token), self._now()
        return self._rules.member_id(claims, now), now, self._rules.ends_s(claims)

    def _by_pyjwt(self, token: str) -> dict[str, object]:
        """As `_signed_claims`, by PyJWT; HS256 only, whatever the token's header names."""
        for secret in self._secrets:
            try:
                return jwt.decode(token, secret, algorithms=["HS256"], options=_SIGNATURE_ONLY)
            except jwt.InvalidSignatureError:
                continue
            except jwt.InvalidAlgorithmError as error:
                raise BadToken("The member token must be signed with HS256.") from error
            except (jwt.PyJWTError, ValueError) as error:
                raise BadToken("The member token is not a well-formed, valid JWT.") from error
        raise BadToken("The member token is not signed with one of this site’s secrets.")

    def is_admin(self, token: str) -> bool:
        # A lone surrogate must not cause an error.
        sent = token.encode("utf-8", "surrogatepass")
        return hmac.compare_digest(sent, self._admin_token.encode())


class FastJwt:
    """Verifies tokens with a plain header that one of `secrets` has signed."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._macs = [HmacKey(secret.encode()) for secret in secrets]

    def verify(self, token: str) -> dict[str, object] | None:
        """The unchecked claims; None where PyJWT must decide."""
        header = token.partition(".")[0]
        if len(header) > _HEADER_LENGTH_MAX or not token.isascii() or not _is_plain(header):
            return None
        signed, _, signature = token.encode().rpartition(b".")
        return _claims(signed[len(header) + 1 :]) if self._is_ours(signed, signature) else None

    def _is_ours(self, signed: bytes, signature: bytes) -> bool:
        for mac in self._macs:
            if hmac.compare_digest(to_base64url(mac.digest(signed)), signature):
                return True
        return False


@lru_cache(maxsize=_HEADERS_KEPT)
def _is_plain(header: str) -> bool:
    """Whether the header is base64url of a JSON object that PyJWT would accept as HS256."""
    try:
        raw = urlsafe_b64decode(header + "==")
        fields = json.loads(raw)
    except (ValueError, RecursionError):
        return False
    return (
        # The decoder skips non-base64 characters, so compare.
        urlsafe_b64encode(raw).rstrip(b"=") == header.encode()
        and isinstance(fields, dict)
        and fields.get("alg") == "HS256"
        and fields.keys() <= _PLAIN_FIELDS
        and all(type(value) is str for value in fields.values())
    )


def _claims(payload: bytes) -> dict[str, object] | None:
    """The payload's claims; checked although signed, as a shop may sign anything."""
    try:
        raw = a2b_base64(payload.translate(_FROM_BASE64URL) + b"==")
        # The decoder skips non-base64 characters, so compare; leave anything unusual to PyJWT.
        claims = from_json(raw) if to_base64url(raw) == payload else None
    except ValueError:
        return None
    return claims if isinstance(claims, dict) else None


def bearer_token(header: bytes) -> str:
    """The token as FastAPI's `HTTPBearer` reads it.

    "" where the framework must decide: no token, another scheme, or another spelling of it.
    """
    if not header.startswith(_SCHEME):
        return ""
    return header[len(_SCHEME) :].decode("latin-1").strip()
