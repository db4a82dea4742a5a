"""Fixtures of plans."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from typer.testing import CliRunner

from cli.main import app as cli
from tests.integration.admin_cast import signed_in


@pytest.fixture
async def operator(client, engine, unknown_address) -> httpx.AsyncClient:
    """The console, for somebody who may publish."""
    await signed_in(client, engine, "olga", "operator")
    return client


@pytest.fixture
def room(database_url, redis_url, monkeypatch) -> Callable[..., str]:
    """Runs `waitroom room WORDS`; returns what it prints."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("REDIS_URL", redis_url)

    def run(*words: str) -> str:
        done = CliRunner().invoke(cli, ["room", *words], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    return run
