"""The real application on the tests' real servers, asked in-process."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Engine

from issuance.database import open_engine
from tests.integration.web_cast import client_of, web_parts
from waitroom.line import Line, open_line
from web.app import create_app
from web.parts import WebParts

NOBODY_LISTENS = "127.0.0.1:9"


@pytest.fixture
def parts(line: Line, engine: Engine) -> WebParts:
    return web_parts(line, engine)


@pytest.fixture
def app(parts: WebParts) -> FastAPI:
    return create_app(parts)


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as opened:
        yield opened


@pytest.fixture
async def line_away() -> AsyncIterator[Line]:
    opened = open_line(f"redis://{NOBODY_LISTENS}", timeout_s=0.5)
    yield opened
    await opened.aclose()


@pytest.fixture
def engine_away() -> Engine:
    url = f"postgresql://nobody@{NOBODY_LISTENS}/nothing"
    return open_engine(url, connections_max=4, name="test")
