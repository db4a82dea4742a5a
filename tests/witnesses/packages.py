"""Packages: the servers' programs, found here, or installed from Debian's archive by apt-get."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

POSTGRES_PROGRAMS = Path("/usr/lib/postgresql/15/bin")
SEARCHED = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"
# By package, the program that it brings.
PROGRAMS: Mapping[str, str] = {
    "redis-server": "redis-server",
    "postgresql-15": str(POSTGRES_PROGRAMS / "postgres"),
    "pgbouncer": "pgbouncer",
    "nginx-light": "nginx",
    "openssl": "openssl",
}
APT = ("apt-get", "-y", "-q", "--no-install-recommends", "-o", "Dpkg::Use-Pty=0")
APT_WITHIN_S = 600


def missing() -> list[str]:
    """The packages whose program is not here."""
    return [package for package, program in PROGRAMS.items() if not _is_here(program)]


def install(packages: list[str]) -> list[str]:
    """Install these, one by one, printing what is tried; those that are still missing."""
    if packages and (why_not := _cannot_install()):
        print(f"{', '.join(packages)} can't be installed: {why_not}.", flush=True)
        return packages
    if packages:
        _run(("apt-get", "-q", "update"))
    for package in packages:
        _run((*APT, "install", package))
    return [package for package in packages if not _is_here(PROGRAMS[package])]


def _is_here(program: str) -> bool:
    return shutil.which(program, path=SEARCHED) is not None


def _cannot_install() -> str:
    if shutil.which("apt-get") is None:
        return "there is no apt-get here"
    return "" if os.geteuid() == 0 else "only root may; install them, and run this again"


def _run(argv: tuple[str, ...]) -> None:
    """Print the command, and where it fails the end of what it said."""
    print(f"$ {' '.join(argv)}", flush=True)
    # Debian starts a server that it installs: ours are started by ourselves, on ports of their own.
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    try:
        done = subprocess.run(
            argv, env=environ, capture_output=True, text=True, timeout=APT_WITHIN_S
        )
    except subprocess.TimeoutExpired:
        print(f"  took longer than {APT_WITHIN_S} s, and was given up", flush=True)
        return
    if done.returncode != 0:
        for line in (done.stdout + done.stderr).splitlines()[-5:]:
            print(f"  {line}", flush=True)
