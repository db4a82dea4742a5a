#!/usr/bin/env python3
"""Prepares `.venv` and runs a command in it; the only thing to know after `git clone`."""

import contextlib
import hashlib
import importlib.util
import os
import shlex
import subprocess
import sys
import time
from pathlib import Path
from typing import Iterator, NoReturn  # noqa: UP035 - see below

# An old Python must be able to print the version error: so this file keeps to the syntax
# of 3.6, with newer annotations in quotes.

USAGE = """\
usage: python3 run.py NAME [arguments]

  python3 run.py demo      run the whole product on this machine; needs nothing but Python
  python3 run.py crowd spring --members 5000
                           send a simulated crowd to it (in a second terminal)
  python3 run.py compare   compare the four ways to issue; --report DIR writes a page
  python3 run.py test      run the tests without the slow ones (--slow: all), or pytest ARGS
  python3 run.py mutations break each promise on purpose, and check that tests fail
  python3 run.py contract  check the running API against its /openapi.json
  python3 run.py witnesses run the tests on Debian's Redis, Postgres, pgbouncer, HAProxy and nginx
  python3 run.py pictures  make the docs' pictures again; --list: those out of date
  python3 run.py bench     run the benchmarks; python3 run.py locust -f load/... a Locust crowd
  python3 run.py --help    print this text; `python3 run.py NAME --help` describes one command

Any other NAME (web, admitter, worker, migrate, coupon, room, token, ...) runs `waitroom NAME`.
The first run installs packages into .venv, which takes about 15 seconds.
"""
# Modules that need the developers' packages, and run from the checkout.
DEVELOPERS = {
    "bench": "load.bench.__main__",
    "locust": "locust",
    "mutations": "tests.mutations",
    "contract": "tests.contract",
    "witnesses": "tests.witnesses",
    "pictures": "docs.make_pictures",
}
ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "installed.txt"
# Exists during an install. An interrupted install can leave half a package behind.
UNFINISHED = VENV / "unfinished"
# These would make pip or the interpreter use another environment, or
# make every process compile all modules again.
MISLEADING = (
    "PYTHONHOME", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE",
    "PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT",
)  # fmt: skip


def main(arguments: "list[str]") -> NoReturn:
    if sys.version_info < (3, 11):  # noqa: UP036 - an old Python gets a sentence
        version = ".".join(map(str, sys.version_info[:3]))
        fail(f"Python 3.11 or newer is needed, this is {version}: run `python3.11 run.py ...`.", 2)
    if os.name == "nt":
        fail("Windows is not supported directly: run this inside WSL.", 2)
    if not arguments or arguments[0] in ("help", "-h", "--help"):
        print(USAGE, end="")
        sys.exit(0)
    name, *rest = arguments
    environ = without_misleading(os.environ)
    if name == "test":
        prepare("dev.txt")
        environ["CHROMIUM_PATH"] = find_browser(environ)
        os.chdir(ROOT)
        command = [str(PYTHON), "-m", "pytest", *pytest_arguments(rest, environ)]
    elif name in DEVELOPERS:
        prepare("dev.txt")
        os.chdir(ROOT)
        command = [str(PYTHON), "-m", DEVELOPERS[name], *rest]
    else:
        prepare("demo.txt")
        # -P: a folder `web` in the working directory must not shadow our package.
        command = [str(PYTHON), "-P", "-m", "cli", name, *rest]
    sys.stdout.flush()
    # exec: the command gets our signals, and its exit code is ours.
    os.execve(PYTHON, command, environ)  # noqa: S606 - no shell is what we want


def pytest_arguments(rest: "list[str]", environ: "dict[str, str]") -> "list[str]":
    """All tests but the slow ones; with --slow all. Named tests run, slow or not."""
    named = [word for word in rest if word != "--slow"]
    if named:
        return named
    return [*side_by_side(environ), *([] if "--slow" in rest else ["-m", "not slow"])]


def side_by_side(environ: "dict[str, str]") -> "list[str]":
    """Options to run the whole suite in four processes, each with its own embedded servers.

    Four on two cores, since many tests mostly wait.

    On given servers, one process: an admitter would admit members of other tests' rooms.
    Keeps the order of tests/kinds.py: Playwright's event loop breaks later asyncio tests.
    """
    if environ.get("REDIS_URL") or environ.get("DATABASE_URL"):
        return []
    return ["-q", "--numprocesses=4", "--dist=loadfile", "--no-loadscope-reorder"]


def fail(sentence: str, code: int = 1) -> NoReturn:
    print(f"run.py: {sentence}", file=sys.stderr)
    sys.exit(code)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def without_misleading(environ: "os._Environ[str]") -> "dict[str, str]":
    return {name: value for name, value in environ.items() if name not in MISLEADING}


def prepare(wanted: str) -> None:
    """Install `requirements/WANTED` into `.venv` unless it is installed."""
    try:
        with one_at_a_time():
            version = working_version()
            if version is not None and is_installed(wanted, version):
                return
            if not os.access(VENV if VENV.exists() else ROOT, os.W_OK):
                raise PermissionError("no permission to write there")
            if version is None or UNFINISHED.exists() or has_moved():
                create_venv()
            install("dev.txt" if stamped_name() == "dev.txt" else wanted)
    except OSError as reason:
        fail(
            f"Could not prepare {VENV}: {reason}. If another user created it, run this as that "
            "user, or delete it and try again."
        )


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Wait for another run.py that prepares `.venv`. Locks the folder, which needs no lock file."""
    import fcntl  # not at the top: Windows has none, and must get its error message

    folder = os.open(ROOT, os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Waiting for another run.py that is preparing .venv ...")
            fcntl.flock(folder, fcntl.LOCK_EX)
        except OSError as reason:
            say(f"{ROOT} can't be locked ({reason}): do not start another run.py meanwhile.")
        yield
    finally:
        os.close(folder)


def working_version() -> "str | None":
    """The Python version of `.venv`; None if its Python does not run."""
    ask = "import sys, pip; print('%d.%d' % sys.version_info[:2])"
    try:
        answer = subprocess.run(  # noqa: S603 - our own Python
            [PYTHON, "-I", "-c", ask], stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
    except OSError:
        return None
    if answer.returncode != 0:
        return None
    version = answer.stdout.strip()
    # After a system upgrade the link may lead to a newer Python, which has no packages.
    return version if (VENV / "lib" / f"python{version}").is_dir() else None


def stamp(requirements: str, version: str) -> str:
    """The text of STAMP once this file is installed; with the path, which scripts in .venv hold."""
    digest = hashlib.sha256((ROOT / "requirements" / requirements).read_bytes()).hexdigest()
    return f"{requirements} {digest} Python {version} in {VENV}\n"


def is_installed(wanted: str, version: str) -> bool:
    """Whether WANTED, or dev.txt, which contains it, was installed last."""
    if UNFINISHED.exists() or not STAMP.exists():
        return False
    return STAMP.read_text() in {stamp(wanted, version), stamp("dev.txt", version)}


def has_moved() -> bool:
    """Whether `.venv` was created at another path, which its scripts still hold."""
    return STAMP.exists() and not STAMP.read_text().endswith(f" in {VENV}\n")


def stamped_name() -> str:
    return STAMP.read_text().split(" ", 1)[0] if STAMP.exists() else ""


def create_venv() -> None:
    for module in ("venv", "ensurepip"):
        if importlib.util.find_spec(module) is None:
            fail(
                f"this Python has no `{module}` module, which is needed to make .venv. On Debian "
                "and Ubuntu `apt-get install python3-venv` brings it."
            )
    say(f"Making .venv with Python {sys.version_info[0]}.{sys.version_info[1]} ...")
    VENV.mkdir(exist_ok=True)
    run_quietly(
        [sys.executable, "-m", "venv", "--clear", str(VENV)], "Could not create the environment"
    )


def install(requirements: str) -> None:
    began = time.monotonic()
    say(f"Installing requirements/{requirements} into .venv ...")
    STAMP.unlink(missing_ok=True)
    UNFINISHED.touch()
    run_quietly(
        [str(PYTHON), "requirements/install.py", requirements],
        "Could not install the packages. Check that the package index is reachable, and try again",
    )
    version = working_version()
    if version is None:
        fail(f"the Python in {VENV} doesn't run: delete that folder and try again.")
    add_ourselves(version)
    STAMP.write_text(stamp(requirements, version))
    UNFINISHED.unlink()
    say(f"Installed in {time.monotonic() - began:.0f} s.")


def add_ourselves(version: str) -> None:
    """Make the checkout importable in the environment, and add the command `waitroom`.

    Like an editable install, but without a build back end and network.
    """
    site = VENV / "lib" / f"python{version}" / "site-packages"
    (site / "waitroom-checkout.pth").write_text(f"{ROOT}\n")
    command = VENV / "bin" / "waitroom"
    # A shell script, because the path in a #! line must be short and without blanks.
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(str(PYTHON))} -P -m cli "$@"\n')
    command.chmod(0o755)


def find_browser(environ: "dict[str, str]") -> str:
    """The path of a Chromium for the browser tests; installs one if missing. Exits if it fails."""
    found = subprocess.run(  # noqa: S603 - our own program
        [PYTHON, ROOT / "tests" / "find_browser.py"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        env=environ,
    )
    if found.returncode != 0:
        sys.exit(found.returncode)
    return found.stdout.strip()


def run_quietly(command: "list[str]", failure: str) -> None:
    """Run a command in the checkout without input; print its output only if it fails."""
    done = subprocess.run(  # noqa: S603 - our own commands
        command,
        cwd=ROOT,
        env=without_misleading(os.environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode != 0:
        say(done.stdout.rstrip())
        fail(f"{failure} ({shlex.join(command)} exited with {done.returncode}).")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        fail("interrupted; run it again to continue.", 130)
