"""Imports run downhill: each violation planted in a copy of the code is caught."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
CYCLES = "No import cycles inside a package"
# From the top down; two side by side do not know each other.
LAYERS = (
    ("cli",),
    ("load",),
    ("processes",),
    ("web",),
    ("application",),
    ("waitroom", "issuance", "passes"),
    ("topology",),
    ("domain",),
)
PACKAGES = tuple(package for layer in LAYERS for package in layer)
# A module of each, to import and to import from.
MODULES = {
    "cli": "cli.coupon",
    "load": "load.crowd.run",
    "processes": "processes.supervisor",
    "web": "web.room_export",
    "application": "application.apply_settings",
    "waitroom": "waitroom.poll_interval",
    "issuance": "issuance.issue",
    "passes": "passes.signer",
    "topology": "topology.redis_url",
    "domain": "domain.coupon",
}
UPHILL = [
    ("Imports run downhill", f"{MODULES[lower].replace('.', '/')}.py", f"import {MODULES[upper]}")
    for below, layer in enumerate(LAYERS)
    for lower in layer
    for upper in PACKAGES
    if upper != lower and upper in [one for above in LAYERS[: below + 1] for one in above]
]
PLANTED = [
    *UPHILL,
    ("Workers and admitters need no web", "processes/worker.py", "import web.problems"),
    ("Workers and admitters need no web", "processes/admitter.py", "import web.problems"),
    ("Workers and admitters need no web", "processes/worker_pool.py", "import web.problems"),
    ("The domain knows the standard library only", "domain/coupon.py", "import pydantic"),
    ("Passes do no I/O", "passes/claims.py", "import redis"),
    ("Passes do no I/O", "passes/keys.py", "import pathlib"),
    ("Passes do no I/O", "passes/pem.py", "import os"),
    ("Passes do no I/O", "passes/signer.py", "import time"),
    ("Passes do no I/O", "passes/verification.py", "import urllib"),
    ("Only the coupon office speaks to Postgres and RQ", "web/api/health.py", "import sqlalchemy"),
    ("Only the coupon office speaks to Postgres and RQ", "application/office.py", "import psycopg"),
    ("Only the coupon office speaks to Postgres and RQ", "processes/worker.py", "import rq"),
    ("Only the line and the queue speak to Redis", "web/api/rooms.py", "import redis"),
    ("Only the line and the queue speak to Redis", "application/office.py", "import redis"),
    ("Only the web speaks HTTP and HTML", "waitroom/poll_interval.py", "import fastapi"),
    ("Only the web speaks HTTP and HTML", "application/change_offer.py", "import fastapi"),
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
    (CYCLES, "domain/inventory.py", "import domain.coupon"),
    (CYCLES, "application/offer_cache.py", "import application.change_offer"),
    (CYCLES, "processes/child_process.py", "import processes.supervisor"),
    (CYCLES, "load/crowd/verdict.py", "import load.browsers"),
    (CYCLES, "web/problems.py", "import web.app"),
]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("static"))
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


def test_a_worker_and_an_admitter_start_without_the_web():
    code = "import sys, processes.admitter, processes.worker, processes.worker_pool; "
    code += "sys.exit(str([one for one in sys.modules if one.partition('.')[0] == 'web']))"

    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert run.stderr.strip() == "[]"


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
    if contract == CYCLES:  # it names the imports that would be fewest to remove
        return f"No cycles are allowed in {importer.partition('.')[0]}."
    return f"{importer} -> {imported} (l."
