"""Callers: everybody who may ask, and a house in which there is something to ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from secrets import token_hex

from argon2 import PasswordHasher

from domain.admin import Admin, Role
from issuance.admins import AdminAccount, add, find_account
from issuance.postgres.engine import open_engine
from passes.pem import make_private_key
from tests.house import House, eventually
from tests.signed_in import session_of
from web.auth.admin_sessions import AdminSessions

# Slowly, so that some still wait while others have got one.
_SLOWLY = {"rate_per_s": 0.5, "burst": 1, "seats": 10}


def stage_settings() -> dict[str, str]:
    """What the house of a stage needs beside its own settings."""
    return {
        "METRICS_TOKEN": token_hex(32),
        "BASE_URL": "http://line.example.com",
        "PASS_KEYS": make_private_key("ES256"),
    }


@dataclass(frozen=True, slots=True)
class Stage:
    """A house with coupons and people, and what is there to be asked for.

    codes: coupons with a line, with a lobby that draws, given out directly, and sold out; Alice and
    Charlie wait in the first; and a site, whose room has the same code. issued_id: a coupon that
    Alice holds.

    callers: what each of them asks with, by the names of /openapi.json's security schemes.
    """

    house: House
    codes: tuple[str, ...]
    issued_id: str
    callers: Mapping[str, Mapping[str, str]]


def set_stage(house: House, prefix: str) -> Stage:
    """Put coupons on offer, let people come, and give everybody what they ask with.

    prefix: what all codes begin with, as the Redis may be somebody's.
    """
    now = datetime.now(UTC)
    codes = tuple(f"{prefix}-{name}" for name in ("line", "lobby", "direct", "sold-out"))
    line, lobby, direct, sold_out = codes
    house.offer(line, 1_000, **_SLOWLY)
    house.offer(lobby, 10, opens_at=now + timedelta(minutes=5), opening="draw")
    house.offer(direct, 1_000_000, issuing="pessimistic")
    house.offer(sold_out, 1, issuing="optimistic")
    status, issued = house.member("POST", f"/api/coupons/{direct}/issue", "alice")
    assert status == 201, issued
    house.member("POST", f"/api/coupons/{sold_out}/issue", "bob")
    places = {}
    for member in ("bob", "charlie", "alice"):
        _, places[member] = house.member("POST", f"/api/rooms/{line}/enter", member)
    eventually(
        lambda: house.member("GET", f"/api/rooms/{line}/place", "bob")[1]["state"] != "waiting"
    )
    site = f"{prefix}-site"
    house.admin("POST", "/sites", {"code": site, "name": "Tea shop", "hosts": ["shop.example"]})
    house.admin("POST", "/site-rooms", {"code": site, "site": site, "title": "Tea sale"})
    return Stage(house, (*codes, site), issued["id"], _callers(house, places["alice"]["ticket"]))


def _callers(house: House, ticket: str) -> Mapping[str, Mapping[str, str]]:
    token = house.identity.sign("alice", valid_s=24 * 3600)
    session = session_of(house.sessions)
    return {
        "nobody": {},
        "member": {"memberToken": token},
        "member in a browser": {"session": session},
        "member with a ticket": {"memberToken": token, "ticket": ticket},
        "ticket alone": {"ticket": ticket},
        "everybody": {"memberToken": token, "ticket": ticket, "adminToken": house.admin_token},
        "admin token": {"adminToken": house.admin_token},
        "operator": {"adminSession": _admin_session(house, "olga", "operator")},
        "viewer": {"adminSession": _admin_session(house, "victor", "viewer")},
    }


def _admin_session(house: House, name: str, role: Role) -> str:
    engine = open_engine(house.environ["DATABASE_URL"], connections_max=1, name="test")
    hashed = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("correct horse")
    add(engine, Admin(name, role), hashed, who="test", now=datetime.now(UTC))
    account: AdminAccount = find_account(engine, name)
    engine.dispose()
    return AdminSessions([house.environ["TICKET_SECRETS"]]).session_for(account)
