"""The real application on the tests' real servers, asked in-process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Engine

from issuance.conveyor import Conveyor, open_conveyor
from issuance.database import open_engine
from issuance.desk import Crew, forget_queue
from issuance.direct import Direct
from tests.integration.away_cast import gone_silent, years_pass  # noqa: F401
from tests.integration.job_cast import queue_name, sprung, work_off  # noqa: F401
from tests.integration.lost_cast import comes_by, lose_all, set_back  # noqa: F401
from tests.integration.web_cast import (
    ADMIN_TOKEN,
    CHEAP,
    MEMBER_SECRET,
    TICKET_SECRET,
    client_of,
    forget_rooms,
)
from waitroom.challenge import Challenges
from waitroom.line import Line, open_line
from waitroom.ticket import TicketOffice
from web.admins import AdminDoor
from web.app import create_app
from web.identity import Identity
from web.parts import WebLimits, WebParts
from web.reconciling import queue_of
from web.sessions import Sessions

NOBODY_LISTENS = "127.0.0.1:9"


@pytest.fixture
def conveyor(redis_url: str) -> Iterator[Conveyor]:
    with open_conveyor(redis_url, timeout_s=1) as opened:
        yield opened


@pytest.fixture
def parts(
    line: Line, engine: Engine, conveyor: Conveyor, redis_url: str, code: str
) -> Iterator[WebParts]:
    yield WebParts(
        line=line,
        engine=engine,
        direct=Direct(engine, conveyor),
        identity=Identity([MEMBER_SECRET], ADMIN_TOKEN),
        sessions=Sessions([TICKET_SECRET], old_secrets=[MEMBER_SECRET]),
        tickets=TicketOffice([TICKET_SECRET], now=line.clock.now_s),
        challenges=Challenges([TICKET_SECRET], now=line.clock.now_s),
        admins=AdminDoor([TICKET_SECRET], passwords=CHEAP),
        crew=lambda: Crew(workers=2, busy=0, backlog=0),
        db_connections_bound=7,
        queue=queue_of(conveyor, f"test-{code}"),
        limits=WebLimits(look_again_after_s=0.05),
    )
    forget_queue(conveyor, f"test-{code}")
    forget_rooms(redis_url, code)


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
