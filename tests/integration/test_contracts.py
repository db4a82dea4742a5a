"""The walls between the rooms stand: a violation planted in a copy of the code is caught."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
ROOMS = ("load", "cli", "web", "waitroom", "issuance", "domain")

PLANTED = [
    ("Imports run downhill", "cli/crowd/run.py", "import load.generator"),
    ("Imports run downhill", "waitroom/line.py", "import issuance.desk"),
    ("Imports run downhill", "issuance/desk.py", "import waitroom.line"),
    ("Imports run downhill", "domain/coupon.py", "import issuance.errors"),
    ("Imports run downhill", "issuance/issue.py", "import web.shapes"),
    ("Imports run downhill", "web/app.py", "import cli.settings"),
    ("The domain knows the standard library only", "domain/coupon.py", "import pydantic"),
    ("Only the coupon office speaks to Postgres and RQ", "web/health.py", "import sqlalchemy"),
    ("Only the coupon office speaks to Postgres and RQ", "cli/worker.py", "import rq"),
    ("Only the line and the conveyor speak to Redis", "web/api/rooms.py", "import redis"),
    ("Only the web speaks HTTP and HTML", "waitroom/place.py", "import fastapi"),
    ("Columns are named inside the coupon office alone", "web/shapes.py", "import issuance.tables"),
    ("Keys and scripts are known to the line alone", "web/entrance.py", "import waitroom.keys"),
    ("No circles inside a room", "domain/inventory.py", "import domain.coupon"),
]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rooms")
    shutil.copy(ROOT / "pyproject.toml", folder)
    for room in ROOMS:
        shutil.copytree(ROOT / room, folder / room, ignore=shutil.ignore_patterns("static"))
    return folder


def lint(folder: Path) -> tuple[int, str]:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return run.returncode, run.stdout + run.stderr


def test_the_code_as_it_is_keeps_every_contract(copy: Path):
    code, said = lint(copy)

    assert code == 0, said


@pytest.mark.parametrize(("contract", "where", "what"), PLANTED)
def test_a_planted_violation_is_caught(copy: Path, contract: str, where: str, what: str):
    file = copy / where
    honest = file.read_text()

    file.write_text(honest + f"\n{what}\n")
    code, said = lint(copy)
    file.write_text(honest)

    assert code == 1, said
    assert f"{contract} BROKEN" in " ".join(said.split())
