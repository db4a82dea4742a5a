"""What a process is not asked for it does not import, and everything can be asked for."""

from __future__ import annotations

import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

from cli.lazy_group import LAZY_COMMANDS
from cli.main import app
from tests.house import ROOT


def test_who_keeps_workers_running_imports_neither_stores_nor_the_web():
    program = "import sys, cli.main, processes.worker_pool; print(*sys.modules)"

    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )

    imported = set(done.stdout.split())
    assert "processes.worker_pool" in imported
    assert not imported & {"sqlalchemy", "psycopg", "redis", "rq", "fastapi", "issuance", "web"}


@pytest.mark.parametrize("name", LAZY_COMMANDS)
def test_every_command_is_there_when_it_is_asked_for(name: str):
    asked = CliRunner().invoke(app, [name, "--help"])

    assert asked.exit_code == 0
    assert f" {name} [OPTIONS]" in asked.output


def test_all_are_listed():
    asked = CliRunner().invoke(app, ["--help"])

    listed = typer.main.get_group(app).list_commands(None)  # type: ignore[arg-type]
    assert set(LAZY_COMMANDS) < set(listed)
    assert all(f" {name} " in asked.output for name in listed)


def test_of_a_command_that_does_not_exist_it_is_said_which_was_meant():
    asked = CliRunner().invoke(app, ["coupn"])

    assert asked.exit_code == 2
    assert "Did you mean 'coupon'?" in asked.output
