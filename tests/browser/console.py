"""Console: admins who sign in as people do, and what they read on a board."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

from tests.house import House


@dataclass(frozen=True, slots=True)
class Account:
    name: str
    password: str


def add_admin(house: House, role: str, name: str = "") -> Account:
    """By the command, as whoever runs the product does it; the password may be in no log.

    name: one of their own where none is given.
    """
    made = Account(name or f"{role}-{secrets.token_hex(3)}", secrets.token_urlsafe(16))
    given = f"{made.password}\n"
    house.command("admin", "add", made.name, "--role", role, "--password-stdin", given=given)
    house.identity.minted.add(made.password)
    return made


def sign_in(page: Page, account: Account) -> None:
    """At the console's door, where whoever is not signed in is sent to."""
    page.goto("/admin")
    expect(page).to_have_url(re.compile("/admin/signin"))
    page.get_by_label("Name").fill(account.name)
    page.get_by_label("Password").fill(account.password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator(".who-name")).to_contain_text(account.name)


def gauge(page: Page, key: str) -> Locator:
    return page.locator(f'[data-gauge="{key}"] b')


def shown(page: Page, key: str) -> float:
    """The number of a figure, as somebody reads it on the board right now."""
    return float(re.sub(r"[^\d.]", "", gauge(page, key).inner_text()) or 0)
