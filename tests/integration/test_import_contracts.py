"""The walls between the rooms stand: each violation planted in a copy of the code is caught."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
ROOMS = ("load", "cli", "web", "waitroom", "issuance", "domain")

PLANTED = [
    ("Imports run downhill", "load/crowd/run.py", "import load.bench.http_load"),
    ("Imports run downhill", "waitroom/line.py", "import issuance.queue.job_queue"),
    ("Imports run downhill", "issuance/queue/job_queue.py", "import waitroom.line"),
    ("Imports run downhill", "domain/coupon.py", "import issuance.errors"),
    ("Imports run downhill", "issuance/issue.py", "import web.schemas.public"),
    ("Imports run downhill", "web/app.py", "import processes.settings.reader"),
    ("The domain knows the standard library only", "domain/coupon.py", "import pydantic"),
    ("Only the coupon office speaks to Postgres and RQ", "web/api/health.py", "import sqlalchemy"),
    ("Only the coupon office speaks to Postgres and RQ", "processes/worker.py", "import rq"),
    ("Only the line and the conveyor speak to Redis", "web/api/rooms.py", "import redis"),
    ("Only the web speaks HTTP and HTML", "waitroom/place.py", "import fastapi"),
    (
        "Columns are named inside the coupon office alone",
        "web/schemas/public.py",
        "import issuance.tables",
    ),
    (
        "Keys and scripts are known to the line alone",
        "web/enter_line.py",
        "import waitroom.redis_io.keys",
    ),
    ("No circles inside a room", "domain/inventory.py", "import domain.coupon"),
]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for room in ROOMS:
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("static"))
    return tmp_path


def lint(folder: Path) -> tuple[int, str]:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return run.returncode, run.stdout + run.stderr


def broken(said: str) -> dict[str, str]:
    """What the report says of each broken contract, by the contract's name."""
    _, _, details = said.partition("Broken contracts\n")
    parts = re.split(r"^(.+)\n-{5,}\n", details, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_the_code_as_it_is_keeps_every_contract(copy: Path):
    code, said = lint(copy)

    assert code == 0, said


def test_each_planted_violation_is_caught(copy: Path):
    """All at once: the report names each import by itself."""
    for _, where, what in PLANTED:
        with (copy / where).open("a") as file:
            file.write(f"\n{what}\n")

    code, said = lint(copy)

    assert code == 1, said
    found = broken(said)
    for contract, where, what in PLANTED:
        assert named(contract, where, what) in found.get(contract, ""), (contract, where, said)


def named(contract: str, where: str, what: str) -> str:
    """How the report names what was planted."""
    importer = where.removesuffix(".py").replace("/", ".")
    imported = what.removeprefix("import ")
    if contract == "No circles inside a room":
        return f".{importer.partition('.')[2]} -> .{imported.partition('.')[2]}"
    return f"{importer} -> {imported} (l."
