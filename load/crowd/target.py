"""Target: the server that a crowd is sent to, and the Postgres behind it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from urllib.parse import urlsplit

from issuance.errors import OfficeError
from issuance.issued_coupons import list_holders
from processes.demo.folder import with_running_demo
from processes.settings.reader import BadSettings, read_settings
from processes.settings.tokens import TokenSettings
from processes.stores import open_postgres
from web.auth.member_tokens import MemberTokens
from web.auth.token_claims import ClaimRules

LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Target:
    """Where to, as whom, and where to look afterwards."""

    base_url: str
    identity: MemberTokens
    environ: dict[str, str]

    def rows(self, code: str) -> list[str] | None:
        """Postgres's own list, where we know where Postgres is and it still answers."""
        if not self.environ.get("DATABASE_URL") and not self.environ.get("DATABASE_URL_FILE"):
            return None
        try:
            with open_postgres(self.environ) as engine:
                return list_holders(engine, code)
        except OfficeError:
            return None


def find_target(url: str | None, *, anywhere: bool) -> Target:
    """The server at `url`; by default BASE_URL, the running demo's where none is set.

    Raises BadSettings where it is not this machine and nobody said that it may be elsewhere.
    """
    environ = with_running_demo(dict(os.environ))
    base_url = url or environ.get("BASE_URL") or "http://127.0.0.1:8000"
    if urlsplit(base_url).hostname not in LOOPBACK and not anywhere:
        raise BadSettings(f"{base_url} is not this machine. If it is yours, say --anywhere.")
    settings = read_settings(TokenSettings, environ)
    rules = ClaimRules(settings.MEMBER_TOKEN_AUDIENCE)
    identity = MemberTokens(settings.MEMBER_TOKEN_SECRETS, "", rules=rules)
    return Target(base_url, identity, environ)
