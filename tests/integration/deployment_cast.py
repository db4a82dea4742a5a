"""Processes and commands of one deployment beside those of another."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

from processes.supervisor import EXIT_BAD_SETTINGS
from tests.house import House, Process, eventually

KINDS = {
    "web": ("web", "--port", "0"),
    "admitter": ("admitter",),
    "worker": ("worker", "--workers", "1"),
    "workers": ("worker", "--workers", "2"),
}


def start(house: House, kind: str) -> Process:
    words = KINDS[kind]
    return house.start(*(str(house.port) if one == "0" else one for one in words))


def exit_code(process: Process) -> int:
    eventually(lambda: process.poll() is not None)
    code = process.poll()
    assert code is not None
    return code


def ended(house: House, process: Process) -> int:
    house.processes.remove(process)
    return exit_code(process)


def beside(redis_url: str, database: int) -> str:
    return urlunsplit(urlsplit(redis_url)._replace(path=f"/{database}"))


def queue_key(house: House) -> str:
    return f"waitroom:queue:{house.environ['QUEUE_NAME']}:deployment"


def fails(house: House, *words: str, given: str = "") -> str:
    """What a command that ends with 2 says."""
    done = house.finished(*words, given=given)
    assert done.returncode == EXIT_BAD_SETTINGS, done.stdout + done.stderr
    return " ".join((done.stdout + done.stderr).split())
