"""Fixtures of browser tests: a real browser and the running product."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from load.browsers import launch_options
from tests.browser.console import Account, add_admin
from tests.house import House, open_house
from tests.servers import Servers, drop_database, fresh_database

PATIENT_MS = 90_000
# Playwright waits for 5 s, which a busy machine may need for one page.
expect.set_options(timeout=PATIENT_MS)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The browser that run.py found, or Playwright's own."""
    return {**browser_type_launch_args, **launch_options(os.environ)}


@pytest.fixture(scope="session", autouse=True)
def patient_contexts() -> Iterator[None]:
    """Pages load and answer in their own time: a busy machine may need more than half a minute."""
    make = Browser.new_context

    def new_context(browser: Browser, **options: Any) -> BrowserContext:
        made = make(browser, **options)
        made.set_default_timeout(PATIENT_MS)
        return made

    with patch.object(Browser, "new_context", new_context):
        yield


@pytest.fixture(scope="session")
def house(
    servers: Servers, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    """All processes, shared by these tests; each test creates its own coupon."""
    name = f"waitroom_browser_{secrets.token_hex(4)}"
    url = fresh_database(servers.database_url, name, template=template)
    folder: Path = tmp_path_factory.mktemp("house")
    with open_house(url, servers.redis_url, folder) as made:
        made.start_all()
        yield made
    drop_database(servers.database_url, name)


@pytest.fixture(scope="session")
def operator(house: House) -> Account:
    """Who may change everything in the console."""
    return add_admin(house, "operator")


@pytest.fixture(scope="session")
def base_url(house: House) -> str:
    return house.base_url


@pytest.fixture(autouse=True)
def no_complaints(context: BrowserContext) -> Iterator[list[str]]:
    """Fails if the browser's console has an error or a warning, such as a CSP violation."""
    said: list[str] = []

    def listen(page: Page) -> None:
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("console", note)

    def note(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            said.append(message.text)

    context.on("page", listen)
    yield said
    assert said == []
