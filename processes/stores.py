"""Stores: opens Postgres and the line for one command."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar

from rich.console import Console

from domain.room import Room
from issuance.offers import Offer
from issuance.postgres.clock import read_clock
from issuance.postgres.engine import Engine, open_engine
from processes.demo.folder import with_running_demo
from processes.deployment_watch import refuse_other_deployment
from processes.settings.reader import read_settings
from processes.settings.stores import DatabaseSettings, StoreSettings
from waitroom.errors import LineError
from waitroom.line import Line, open_line

R = TypeVar("R")
WHO = "command line"

console = Console()


@contextmanager
def open_postgres(environ: Mapping[str, str] | None = None) -> Iterator[Engine]:
    """The Postgres of `environ`; by default of our environment, or of the running demo."""
    settings = read_settings(DatabaseSettings, environ or with_running_demo(dict(os.environ)))
    engine = open_engine(settings.DATABASE_URL, connections_max=1, name="command")
    try:
        yield engine
    finally:
        engine.dispose()


def read_postgres_time() -> datetime:
    """Postgres' time, not this host's. Raises OfficeAway."""
    with open_postgres() as engine:
        return read_clock(engine)


@contextmanager
def open_postgres_for_change() -> Iterator[Engine]:
    """As `open_postgres`, for a change that the line must apply too.

    Raises BadSettings if the line belongs to another deployment.
    """
    settings = read_settings(StoreSettings, with_running_demo(dict(os.environ)))
    with open_postgres() as engine:
        refuse_other_deployment(settings, engine)
        yield engine


def with_line(use: Callable[[Line], Coroutine[Any, Any, R]]) -> R:
    """Call `use` with the line, and return its result. Raises LineAway."""
    settings = read_settings(StoreSettings, with_running_demo(dict(os.environ)))

    async def run() -> R:
        line = open_line(settings.REDIS_URL, connections_max=1)
        try:
            return await use(line)
        finally:
            await line.aclose()

    return asyncio.run(run())


def apply_offer(offer: Offer) -> None:
    """Apply an offer to the line now; if Redis is unreachable, the admitter does it later."""
    if offer.room is not None:
        apply_room(offer.room)


def apply_room(room: Room) -> None:
    """As `apply_offer`, for a room of any kind."""
    try:
        with_line(lambda line: line.apply_settings(room))
    except LineError:
        console.print("Redis is unreachable; the admitter applies the change once it is back.")


def print_json(value: Any) -> None:
    print(json.dumps(value, indent=2))
