"""Target: the server that a crowd is sent to, and its Postgres."""

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
    """base_url: the server. identity: signs members' tokens. environ: settings of its Postgres."""

    base_url: str
    identity: MemberTokens
    environ: dict[str, str]

    def rows(self, code: str) -> list[str] | None:
        """The holders in Postgres; None without DATABASE_URL, or if Postgres is unreachable."""
        if not self.environ.get("DATABASE_URL") and not self.environ.get("DATABASE_URL_FILE"):
            return None
        try:
            with open_postgres(self.environ) as engine:
                return list_holders(engine, code)
        except OfficeError:
            return None


def find_target(url: str | None, *, anywhere: bool) -> Target:
    """The server at `url`; by default that of BASE_URL, or of the running demo.

    Raises BadSettings if it is not on this machine, unless `anywhere`.
    """
    environ = with_running_demo(dict(os.environ))
    base_url = url or environ.get("BASE_URL") or "http://127.0.0.1:8000"
    if urlsplit(base_url).hostname not in LOOPBACK and not anywhere:
        raise BadSettings(
            f"{base_url} is not on this machine. If `web` runs here, name its local address: "
            "--url http://127.0.0.1:8000 (locust: -H). If you may load-test another machine, add "
            "--anywhere."
        )
    settings = read_settings(TokenSettings, environ)
    rules = ClaimRules(settings.MEMBER_TOKEN_AUDIENCE)
    identity = MemberTokens(settings.MEMBER_TOKEN_SECRETS, "", rules=rules)
    return Target(base_url, identity, environ)
