"""Prints the path of a Chromium that runs here, and fetches one if there is none.

It imports only the standard library, since run.py starts it before any test.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

SYSTEM_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
# Names in Playwright's folders, by version and system; the lightest first.
OWN_NAMES = ("chrome-headless-shell", "headless_shell", "chrome", "Chromium")
PACKAGE = "chromium-headless-shell"
DOWNLOAD_MAX_S = 600
ADVICE = (
    "The browser tests need a Chromium, and none was found or fetched. Install one "
    f"(on Debian, as root: `apt-get install {PACKAGE}`; elsewhere: `python -m playwright install "
    "chromium`), or set CHROMIUM_PATH."
)


def find() -> Path | None:
    """The first browser that runs; tries installed ones before it fetches one."""
    ways: list[Callable[[], Iterator[Path]]] = [playwrights_own, systems, fetched, packaged]
    return next((path for way in ways for path in way() if runs(path)), None)


def playwrights_own() -> Iterator[Path]:
    """The downloaded browsers of the installed Playwright version."""
    plan = run([sys.executable, "-m", "playwright", "install", "--dry-run", "chromium"], 60)
    lines = [line.partition(":") for line in plan.splitlines()]
    folders = [Path(at.strip()) for name, _, at in lines if name.strip() == "Install location"]
    for own_name in OWN_NAMES:
        for folder in folders:
            yield from sorted(folder.rglob(own_name))


def systems() -> Iterator[Path]:
    for name in SYSTEM_NAMES:
        if path := shutil.which(name):
            yield Path(path)
    yield Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")


def fetched() -> Iterator[Path]:
    say("No Chromium here: trying `playwright install chromium` ...")
    run([sys.executable, "-m", "playwright", "install", "chromium"], DOWNLOAD_MAX_S)
    return playwrights_own()


def packaged() -> Iterator[Path]:
    if os.geteuid() == 0 and shutil.which("apt-get"):
        say(f"Trying `apt-get install {PACKAGE}` ...")
        run(["apt-get", "-q", "update"], DOWNLOAD_MAX_S)
        run(["apt-get", "-q", "install", "-y", PACKAGE], DOWNLOAD_MAX_S, shows_failure=True)
    return systems()


def runs(path: Path) -> bool:
    """Whether it starts: a download may lack libraries, and a `chromium-browser` may be a stub."""
    return path.is_file() and os.access(path, os.X_OK) and run([str(path), "--version"], 60) != ""


def run(command: list[str], limit_s: float, *, shows_failure: bool = False) -> str:
    """Run a command. Returns its output; empty if it failed or took too long."""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=limit_s,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        )
    except (OSError, subprocess.TimeoutExpired) as reason:
        say(str(reason))
        return ""
    if done.returncode != 0 and shows_failure:
        say(done.stdout)
    return done.stdout if done.returncode == 0 else ""


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> int:
    wished = os.environ.get("CHROMIUM_PATH")
    if wished and not runs(Path(wished)):
        say(f"CHROMIUM_PATH is {wished}, which does not run here.")
        return 1
    found = Path(wished) if wished else find()
    if found is None:
        say(ADVICE)
        return 1
    print(found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
