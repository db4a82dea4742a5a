"""Admins' sessions in the console, separate from members' sessions.

TICKET_SECRETS sign them: shops know MEMBER_TOKEN_SECRETS, and could forge admin sessions with
those. A session ends at its age limit, by signing out everywhere, by a new password, and with its
account.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from itsdangerous import BadData

from domain.admin import NAME_LENGTH_MAX, Admin
from issuance.admins import AdminAccount
from web.auth.passwords import Passwords
from web.auth.timed_serializer import TimedSerializer

SESSION_COOKIE = "admin_session"
SESSION_AGE_MAX_S = 12 * 3600
SESSION_LENGTH_MAX = 1_024
# The account of ADMIN_PASSWORD_HASH.
NAME_BY_SETTING = "admin"
# An ended session may remain valid in another process for this long.
FRESH_S = 1.0
KEPT_MAX = 1_000

Read = Callable[[str], Awaitable[AdminAccount]]


class AdminSessions:
    """Signs and reads sessions, and knows the admin whom a setting names.

    Signs with the first secret and accepts sessions of all. password_hash is the setting's, or
    empty. now: seconds since 1970.
    """

    def __init__(
        self,
        secrets: Sequence[str],
        *,
        password_hash: str = "",
        passwords: Passwords | None = None,
        age_max_s: int = SESSION_AGE_MAX_S,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.passwords = passwords or Passwords()
        self.age_max_s = age_max_s
        self._password_hash = password_hash
        self._sessions = TimedSerializer(secrets, salt="waitroom.admin-session", now=now)

    def as_set(self, account: AdminAccount) -> AdminAccount:
        """The account as ADMIN_PASSWORD_HASH overrides it, if it has that name."""
        if not self._password_hash or account.name != NAME_BY_SETTING:
            return account
        return replace(account, role="operator", password_hash=self._password_hash, disabled=False)

    def session_for(self, account: AdminAccount) -> str:
        return self._sessions.dumps([account.name, _stamp(account)])

    def name_in(self, cookie: str) -> tuple[str, str] | None:
        """The name and stamp of a valid session; None for any other."""
        if len(cookie) > SESSION_LENGTH_MAX:
            return None
        try:
            (name, stamp), _ = self._sessions.loads(cookie, age_max_s=self.age_max_s)
        except (BadData, TypeError, ValueError):
            return None
        return str(name), str(stamp)


class AdminCache:
    """Accounts from Postgres, cached in this process for FRESH_S."""

    def __init__(
        self, read: Read, sessions: AdminSessions, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._read = read
        self._sessions = sessions
        self._clock = clock
        self._known: dict[str, tuple[float, AdminAccount]] = {}

    async def account(self, name: str) -> AdminAccount:
        """The account of this name, read now. Raises OfficeAway."""
        if len(name) > NAME_LENGTH_MAX or not name.isprintable():
            return AdminAccount(name="")
        return self._sessions.as_set(await self._read(name))

    async def from_session(self, cookie: str) -> Admin | None:
        """The admin of a valid session, else None. Raises OfficeAway."""
        found = self._sessions.name_in(cookie)
        if found is None:
            return None
        name, stamp = found
        account = await self._fresh(name)
        if not may_sign_in(account) or not hmac.compare_digest(stamp, _stamp(account)):
            return None
        return Admin(account.name, account.role)

    def forget(self) -> None:
        """Read again, as this process has changed an account."""
        self._known.clear()

    async def _fresh(self, name: str) -> AdminAccount:
        asked_at = self._clock()
        read_at, account = self._known.get(name, (float("-inf"), None))
        if account is None or asked_at - read_at >= FRESH_S:
            account = await self.account(name)
            if len(self._known) >= KEPT_MAX:
                self._known.clear()
            self._known[name] = asked_at, account
        return account


def may_sign_in(account: AdminAccount) -> bool:
    return bool(account.password_hash) and not account.disabled


def _stamp(account: AdminAccount) -> str:
    """A digest that changes with the password and with each sign-out everywhere."""
    text = f"{account.generation}:{account.password_hash}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]
