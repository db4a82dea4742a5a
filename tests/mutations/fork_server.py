"""Fork server: runs pytest in forks of one process that has imported all packages once.

`python fork_server.py` reads requests from standard input, one JSON object a line: `tree` (where
to run), `arguments` (of pytest), `environ`, `output` (a file) and `limit_s`. It answers each with
the exit code, or null where the limit was reached. It imports nothing of the checkout, so that a
fork imports the product and the tests from its tree.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import time
from contextlib import suppress
from typing import Any, NoReturn

# Importing them takes three seconds in each run.
PACKAGES = (
    "aiohttp", "alembic.command", "altcha", "argon2", "babel.support", "fastapi", "granian.server",
    "httpx", "hypothesis", "hypothesis.stateful", "itsdangerous", "jinja2", "jwt", "PIL.Image",
    "prometheus_client", "psycopg", "pydantic_settings", "pytest", "pytest_asyncio.plugin", "redis",
    "redis.asyncio", "rich.live", "rq", "sqlalchemy", "sqlalchemy.dialects.postgresql",
    "starlette.middleware", "structlog", "typer", "uvloop", "yaml",
)  # fmt: skip
LOOK_EVERY_S = 0.05


def main() -> None:
    for name in PACKAGES:
        with suppress(ImportError):
            importlib.import_module(name)
    for line in sys.stdin:
        print(json.dumps(run_in_fork(**json.loads(line))), flush=True)


def run_in_fork(limit_s: float, **asked: Any) -> int | None:
    """The exit code of pytest; None if it was killed after `limit_s`."""
    pid = os.fork()
    if pid == 0:
        _become_pytest(**asked)
    ends_at = time.monotonic() + limit_s
    try:
        while time.monotonic() < ends_at:
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                return os.waitstatus_to_exitcode(status)
            time.sleep(LOOK_EVERY_S)
    except BaseException:
        _kill(pid)
        raise
    _kill(pid)
    return None


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def _become_pytest(
    tree: str, arguments: list[str], environ: dict[str, str], output: str
) -> NoReturn:
    code = 1
    try:
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDONLY)
        written = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        for number, descriptor in enumerate((nothing, written, written)):
            os.dup2(descriptor, number)
        os.chdir(tree)
        os.environ.clear()
        os.environ.update(environ)
        # First, or the environment's path would import the checkout.
        sys.path.insert(0, tree)
        import pytest

        code = int(pytest.main(arguments))
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
