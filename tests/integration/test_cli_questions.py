"""`waitroom room set` asks on a terminal before a dangerous change, and nowhere else."""

from __future__ import annotations

import asyncio
import os
import pty
import subprocess
import sys
from functools import partial

import pytest

from domain.room_settings import RoomSettings
from tests.house import ROOT, WITHIN_S
from tests.integration.cast import on_offer
from tests.integration.web_cast import in_line


@pytest.fixture
def command(database_url, redis_url):
    """Runs `waitroom WORDS`; with `typed`, on a terminal. Returns its exit code and output."""
    environ = {**os.environ, "DATABASE_URL": database_url, "REDIS_URL": redis_url}

    def run(*words: str, typed: str | None = None) -> tuple[int, str]:
        ours, theirs = pty.openpty()
        if typed is not None:
            os.write(ours, typed.encode())
        try:
            done = subprocess.run(
                [sys.executable, "-m", "cli", *words],
                cwd=ROOT, env=environ, text=True, timeout=2 * WITHIN_S, check=False,
                stdin=theirs if typed is not None else subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            )  # fmt: skip
        finally:
            os.close(ours)
            os.close(theirs)
        return done.returncode, done.stdout

    return partial(asyncio.to_thread, run)


@pytest.mark.parametrize(
    ("typed", "more", "asks", "rate"),
    [("n\n", [], True, 40), ("y\n", [], True, 400), ("n\n", ["--yes"], False, 400),
     (None, [], False, 400)],
)  # fmt: skip
async def test_on_a_terminal_it_asks_and_does_as_it_is_told(
    line, engine, code, command, typed, more, asks, rate
):
    await in_line(line, engine, code, room=RoomSettings(rate_per_s=40))

    exit_code, printed = await command("room", "set", code, "--rate", "400", *more, typed=typed)

    assert ("400/s, 10 times the present rate?" in printed) is asks
    assert (exit_code == 0) is (rate == 400)
    assert (await line.room_stats(code)).rate_per_s == rate


async def test_a_harmless_change_is_not_asked_about(line, engine, code, command):
    await in_line(line, engine, code, room=RoomSettings(rate_per_s=40))

    exit_code, printed = await command("room", "set", code, "--rate", "80", typed="n\n")

    assert (exit_code, "?" in printed) == (0, False)


async def test_a_room_that_redis_does_not_know_yet_is_changed_unasked(engine, code, command):
    on_offer(engine, code)

    exit_code, _printed = await command("room", "set", code, "--rate", "9000", typed="n\n")

    assert exit_code == 0
