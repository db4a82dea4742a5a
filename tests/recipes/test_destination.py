"""A new destination, by the recipe of CONTRIBUTING.md: a folder, a migration, and three files."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.recipes.planted_copy import PlantedCopy, files_of_recipe

ROOM = "domain/room.py"
ADMITTER = "processes/admitter.py"
STORED = "issuance/counter_rooms.py"
FOLDER = "application/destinations/counter"
VERSIONS = "issuance/migrations/versions"
ENGLISH, KOREAN = (f"web/locales/{code}/LC_MESSAGES/messages.po" for code in ("en", "ko"))
OUTSIDE_MAX = 8

DESTINATION = '''"""The counter destination: calls members to the counter of a shop."""

from __future__ import annotations

from collections.abc import Mapping

import structlog

from domain.room import RoomKind
from waitroom.admitter import AdmissionStep
from waitroom.lease_admission import LeaseAdmission
from waitroom.line import Line

log = structlog.get_logger(__name__)

CALLED_AT_ONCE_MAX = 10
LEASE_S = 60.0


class CounterDestination:
    kind: RoomKind = "counter"

    def __init__(self, line: Line) -> None:
        self._admission = LeaseAdmission(line, self, lease_s=LEASE_S)

    async def free_capacity(self) -> int:
        return CALLED_AT_ONCE_MAX

    async def admit(self, code: str, at_most: int) -> AdmissionStep:
        return await self._admission.admit(code, at_most)

    async def feed(self, code: str, admitted: Mapping[str, int]) -> None:
        log.info("called to the counter", room=code, members=" ".join(admitted))
'''
ROOMS = '''"""CounterRooms: the rooms of counters as Postgres has them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

from domain.room import Room, RoomKind
from issuance.counter_rooms import list_counter_rooms, save_draw
from issuance.postgres.engine import Engine
from issuance.retire import forget_line


class CounterRooms:
    kind: RoomKind = "counter"

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def list_rooms(self) -> Sequence[Room]:
        return await asyncio.to_thread(list_counter_rooms, self._engine)

    async def save_draw(self, code: str, members: Sequence[str], drawn_at: datetime) -> Room:
        return await asyncio.to_thread(save_draw, self._engine, code, members, drawn_at)

    async def report_again(self, code: str) -> int:
        return 0

    async def forget_line(self, room: Room) -> None:
        await asyncio.to_thread(forget_line, self._engine, room.id)
'''
ISSUANCE = '''"""Stores the rooms of counters."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Engine, Row, select

from domain.room import Room
from domain.room_settings import RoomSettings
from issuance.draws import store_draw
from issuance.errors import translate_postgres_errors
from issuance.rooms import insert_room, join_tables_of_rooms, room_columns, room_from_row
from issuance.tables import rooms

NUMBERS = 999


def list_counter_rooms(engine: Engine) -> list[Room]:
    with translate_postgres_errors(), engine.begin() as tx:
        rows = tx.execute(_counter_rooms().order_by(rooms.c.opens_at)).all()
    return [_from_row(row) for row in rows]


def create_counter_room(
    engine: Engine, code: str, opens_at: datetime, closes_at: datetime, settings: RoomSettings
) -> None:
    with translate_postgres_errors(), engine.begin() as tx:
        schedule = {"opens_at": opens_at, "closes_at": closes_at}
        insert_room(tx, uuid4(), code, "counter", settings, **schedule)


def save_draw(engine: Engine, code: str, members: Sequence[str], drawn_at: datetime) -> Room:
    one = _counter_rooms().where(rooms.c.code == code)
    with translate_postgres_errors(), engine.begin() as tx:
        store_draw(tx, _from_row(tx.execute(one).one()), members, drawn_at)
        return _from_row(tx.execute(one).one())


def _counter_rooms() -> Any:
    own = [rooms.c[name] for name in ("code", "opens_at", "closes_at")]
    query = select(rooms.c.id.label("room_id"), *own, *room_columns()).select_from(rooms)
    return join_tables_of_rooms(query.where(rooms.c.kind == "counter"))


def _from_row(row: Row[Any]) -> Room:
    return room_from_row(
        row,
        code=row.code,
        opens_at=row.opens_at,
        closes_at=row.closes_at,
        total_count=NUMBERS,
        used_count=0,
        further={},
    )
'''
MIGRATION = '''"""Let rooms lead to a counter."""

from alembic import op

revision = "{new}"
down_revision = "{latest}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_constraint("known_kind", "rooms")
    op.create_check_constraint("known_kind", "rooms", "kind IN ('coupon', 'site', 'counter')")


def downgrade() -> None:
    op.drop_constraint("known_kind", "rooms")
    op.create_check_constraint("known_kind", "rooms", "kind IN ('coupon', 'site')")
'''


def plant_destination(copy: PlantedCopy) -> str:
    """Plant the kind `counter`. Returns the migration's file."""
    copy.replace(ROOM, 'Literal["coupon", "site"]', 'Literal["coupon", "site", "counter"]')
    (copy.folder / FOLDER).mkdir()
    copy.write(
        f"{FOLDER}/__init__.py", '"""Counters: members are called to a shop\'s counter."""\n'
    )
    copy.write(f"{FOLDER}/destination.py", DESTINATION)
    copy.write(f"{FOLDER}/rooms.py", ROOMS)
    copy.write(STORED, ISSUANCE)
    latest = max(path.name[:4] for path in (copy.folder / VERSIONS).glob("[0-9]*.py"))
    migration = f"{VERSIONS}/{int(latest) + 1:04}_counter.py"
    copy.write(migration, MIGRATION.format(new=f"{int(latest) + 1:04}", latest=latest))
    copy.replace(
        ADMITTER,
        "from application.destinations.registry import by_kind\n",
        "from application.destinations.counter.destination import CounterDestination\n"
        "from application.destinations.counter.rooms import CounterRooms\n"
        "from application.destinations.registry import by_kind\n",
    )
    copy.replace(
        ADMITTER, "SiteDestination(line)]", "SiteDestination(line), CounterDestination(line)]"
    )
    copy.replace(ADMITTER, "SiteRooms(engine)]", "SiteRooms(engine), CounterRooms(engine)]")
    return migration


def test_a_destination_is_a_folder_a_migration_and_three_files(servers, tmp_path: Path):
    copy = PlantedCopy(tmp_path)

    migration = plant_destination(copy)

    changed = copy.changed_code_files()
    outside = [name for name in changed if not name.startswith(f"{FOLDER}/")]
    assert sorted(outside) == sorted([ROOM, STORED, migration, ADMITTER])
    assert len(outside) <= OUTSIDE_MAX
    planted = "tests/integration/test_planted_destination.py"
    shutil.copy(Path(__file__).with_name("planted_destination.py"), copy.folder / planted)
    copy.run_tests(
        planted,
        "tests/integration/test_migrations.py",
        servers=servers,
    )


def test_the_recipe_names_the_files_that_a_destination_takes():
    assert files_of_recipe("A destination") == [
        ROOM,
        "application/destinations/NAME/",
        "issuance/NAME_rooms.py",
        f"{VERSIONS}/NNNN_NAME.py",
        ADMITTER,
        ENGLISH,
        KOREAN,
    ]
