"""A new command, by the recipe of CONTRIBUTING.md: two code files."""

from __future__ import annotations

from pathlib import Path

from tests.recipes.planted_copy import PlantedCopy, files_of_recipe

MODULE, GROUP = "cli/seats.py", "cli/lazy_group.py"
COMMAND = '''"""`waitroom seats`: how many seats of a room are free."""

from __future__ import annotations

from cli.coupon import Code, Json
from processes.stores import console, print_json, with_line


def seats(code: Code, as_json: Json = False) -> None:
    """Print how many seats of a room are free."""
    stats = with_line(lambda line: line.room_stats(code))
    free = stats.seats - stats.seats_in_use
    if as_json:
        print_json({"free": free})
    else:
        console.print(f"{free:,} of {stats.seats:,} seats are free.")
'''
TEST = """
import asyncio
import json

from typer.testing import CliRunner

from cli.main import app
from tests.integration.web_cast import in_line


async def test_seats(line, engine, code, database_url, redis_url, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("REDIS_URL", redis_url)
    await in_line(line, engine, code)
    ask = lambda *words: asyncio.to_thread(CliRunner().invoke, app, ["seats", code, *words])

    assert "2,000 of 2,000 seats are free." in (await ask()).output
    assert json.loads((await ask("--json")).output) == {"free": 2_000}
"""


def test_a_command_takes_two_code_files_and_help_lists_it(servers, tmp_path: Path):
    copy = PlantedCopy(tmp_path)

    copy.write(MODULE, COMMAND)
    copy.replace(GROUP, '    "adopt":', '    "seats": "cli.seats:seats",\n    "adopt":')

    assert copy.changed_code_files() == [GROUP, MODULE]
    assert "Print how many seats of a room are free." in copy.run("-m", "cli", "--help")
    copy.write("tests/integration/test_planted_command.py", TEST)
    copy.run_tests(
        "tests/integration/test_planted_command.py", "tests/unit/test_names.py", servers=servers
    )


def test_the_recipe_names_the_files_that_a_command_takes():
    assert files_of_recipe("A CLI command") == ["cli/NAME.py", GROUP]
