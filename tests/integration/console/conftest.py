"""Fixtures of the console's tests."""

import pytest

from tests.integration.admin_cast import signed_in


@pytest.fixture
async def operator(client, engine):
    """A client that is signed in to the console as an operator."""
    await signed_in(client, engine, "alice", "operator")
    return client
