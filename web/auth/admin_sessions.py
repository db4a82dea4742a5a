"""Who is signed in to the console. Their sessions have nothing to do with members'.

A session is signed with TICKET_SECRETS, which no shop knows: shops share MEMBER_TOKEN_SECRETS, and
could make themselves admins with those. It ends with its time, with signing out everywhere, with
another password, and with its admin.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from itsdangerous import BadData, URLSafeTimedSerializer

from domain.admin import NAME_LENGTH_MAX, Admin
from issuance.admins import AdminAccount
from web.auth.passwords import Passwords

SESSION_COOKIE = "admin_session"
SESSION_AGE_MAX_S = 12 * 3600
SESSION_LENGTH_MAX = 1_024
# Whom ADMIN_PASSWORD_HASH lets in.
NAME_BY_SETTING = "admin"
# For so long a session that was ended may still count in another process.
FRESH_S = 1.0
KEPT_MAX = 1_000

Read = Callable[[str], Awaitable[AdminAccount]]


class AdminSessions:
    """Signs and reads sessions, and knows the admin whom a setting names.

    The first secret signs, all verify. password_hash is the setting's, or empty.
    """

    def __init__(
        self,
        secrets: Sequence[str],
        *,
        password_hash: str = "",
        passwords: Passwords | None = None,
        age_max_s: int = SESSION_AGE_MAX_S,
    ) -> None:
        self.passwords = passwords or Passwords()
        self.age_max_s = age_max_s
        self._password_hash = password_hash
        self._sessions = URLSafeTimedSerializer(
            list(reversed(secrets)),  # itsdangerous signs with the last of its keys
            salt="waitroom.admin-session",
            signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"},
        )

    def as_set(self, account: AdminAccount) -> AdminAccount:
        """The account, or what the setting makes of it: that comes before a row of its name."""
        if not self._password_hash or account.name != NAME_BY_SETTING:
            return account
        return replace(account, role="operator", password_hash=self._password_hash, disabled=False)

    def session_for(self, account: AdminAccount) -> str:
        text = self._sessions.dumps([account.name, _stamp(account)])
        return text if isinstance(text, str) else text.decode()

    def name_in(self, cookie: str) -> tuple[str, str] | None:
        """The name and the stamp of a session that we signed and whose time isn't over."""
        if len(cookie) > SESSION_LENGTH_MAX:
            return None
        try:
            name, stamp = self._sessions.loads(cookie, max_age=self.age_max_s)
        except (BadData, TypeError, ValueError):
            return None
        return str(name), str(stamp)


class AdminCache:
    """Accounts as Postgres has them, at most FRESH_S old, in one process."""

    def __init__(
        self, read: Read, door: AdminSessions, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._read = read
        self._door = door
        self._clock = clock
        self._known: dict[str, tuple[float, AdminAccount]] = {}

    async def account(self, name: str) -> AdminAccount:
        """Whoever may sign in by this name, as of now. Raises OfficeAway."""
        if len(name) > NAME_LENGTH_MAX or not name.isprintable():
            return AdminAccount(name="")
        return self._door.as_set(await self._read(name))

    async def from_session(self, cookie: str) -> Admin | None:
        """The admin of this session, or None: a stale one is just not being signed in.

        Raises OfficeAway.
        """
        found = self._door.name_in(cookie)
        if found is None:
            return None
        name, stamp = found
        account = await self._fresh(name)
        if not may_sign_in(account) or not hmac.compare_digest(stamp, _stamp(account)):
            return None
        return Admin(account.name, account.role)

    def forget(self) -> None:
        """Something was changed through this process."""
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
    """Changes with the password and with each signing out everywhere; tells nothing of either."""
    text = f"{account.generation}:{account.password_hash}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]
