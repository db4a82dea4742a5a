"""Installs a requirements file into the environment whose Python runs this: the packages alone.

    .venv/bin/python requirements/install.py dev.txt

uv takes seconds where pip takes half a minute and more. So pip brings uv, and uv the rest. Where
uv fails, or where pip was told what uv can't be told, pip does it all. Each package is held to the
hash that the file names, so it does not matter who fetched it.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input"]
# pip's settings, and uv's variables of the same meaning.
TOLD_BY = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
    "timeout": "UV_HTTP_TIMEOUT",
    "default-timeout": "UV_HTTP_TIMEOUT",
    "no-cache-dir": "UV_NO_CACHE",
}
# What changes neither where packages come from nor which ones.
WITHOUT_EFFECT = {
    "break-system-packages", "cache-dir", "compile", "constraint", "disable-pip-version-check",
    "no-color", "no-compile", "no-input", "no-python-version-warning", "no-warn-script-location",
    "prefer-binary", "progress-bar", "quiet", "require-virtualenv", "retries", "root-user-action",
    "upgrade", "verbose",
}  # fmt: skip
# From the weakest to the strongest.
SECTIONS = ("global", "install", ":env:")


def main(name: str) -> int:
    """Install what `requirements/NAME` lists; the exit code, after whatever failed has spoken."""
    told = told_to_uv(_pips_settings())
    if told is not None and _with_uv(name, told):
        return 0
    return _run([*PIP, "install", "--quiet", "--require-hashes", "-r", str(HERE / name)])


def told_to_uv(settings: str) -> dict[str, str] | None:
    """The variables that tell uv what pip is set to; None where there is no such variable.

    settings: what `pip config list` prints, a line `SECTION.NAME='VALUE'` each.
    """
    told = {"UV_INDEX_STRATEGY": "unsafe-best-match"}  # pip's: all indexes count alike
    lines = [line.partition("=") for line in settings.splitlines() if "=" in line]
    for wanted in SECTIONS:
        for key, _, value in lines:
            section, _, name = key.rpartition(".")
            if section != wanted or name in WITHOUT_EFFECT:
                continue
            if name not in TOLD_BY:
                return None
            separator = "," if name == "find-links" else " "
            told[TOLD_BY[name]] = separator.join(ast.literal_eval(value).split())
    return told


def _pips_settings() -> str:
    asked = [*PIP, "config", "list"]
    done = subprocess.run(asked, capture_output=True, text=True)  # noqa: S603 - our own Python
    return done.stdout if done.returncode == 0 else "global.unreadable=''"


def _with_uv(name: str, told: dict[str, str]) -> bool:
    # A wheel or nothing: compiling uv itself would take longer than pip does.
    bring = ["install", "--quiet", "--require-hashes", "--only-binary", ":all:"]
    if _run([*PIP, *bring, "-r", str(HERE / "uv.txt")]) != 0:
        return False
    uv = [str(Path(sys.executable).parent / "uv"), "--quiet", "--system-certs", "pip", "install"]
    uv += ["--python", sys.executable, "--require-hashes", "-r", str(HERE / name)]
    return _run(uv, {**told, **os.environ}) == 0


def _run(command: list[str], environ: dict[str, str] | None = None) -> int:
    try:
        return subprocess.run(command, env=environ).returncode  # noqa: S603 - our own commands
    except OSError as reason:
        print(reason, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
