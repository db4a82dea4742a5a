"""Rehearses an upgrade: replaces an older release, process by process, while a crowd waits.

    python3 -m tests.rolling_upgrade --from REVISION [--members 500]

Starts the processes of REVISION on its own servers, lets a crowd wait in two lines, one of which
is drawn meanwhile, runs this tree's `migrate`, and replaces each process as UPGRADING.md
describes. No member may lose a place or have to sign in again. Exits with 1 if one does.
"""

from __future__ import annotations

import argparse
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from issuance.postgres.engine import open_engine
from processes.open_files import raise_limit
from tests.house import open_house
from tests.rolling_upgrade.rehearsal import SETTINGS, Plan, Rehearsal
from tests.rolling_upgrade.release import checked_out
from tests.rolling_upgrade.steps import KINDS
from tests.servers import Servers, drop_database, fresh_database


def main(words: Sequence[str]) -> int:
    revision, plan = _asked(words)
    raise_limit()
    with Servers() as servers, tempfile.TemporaryDirectory() as kept:
        folder = Path(kept)
        folder.chmod(0o755)
        try:
            old = checked_out(revision, folder)
        except subprocess.CalledProcessError as error:
            sys.exit(
                f"{revision} is no revision that this repository has, or it can not be run: {error}"
            )
        name = f"waitroom_upgrade_{secrets.token_hex(4)}"
        url = fresh_database(servers.database_url, name)
        engine = open_engine(url, connections_max=1, name="upgrade")
        try:
            with open_house(url, servers.redis_url, folder, **SETTINGS) as house:
                faults = Rehearsal(house, engine, old, plan).run()
        finally:
            engine.dispose()
            drop_database(servers.database_url, name)
    print("\nEvery promise was kept." if not faults else "\nBROKEN:", *faults, sep="\n  ")
    return 1 if faults else 0


def _asked(words: Sequence[str]) -> tuple[str, Plan]:
    parser = argparse.ArgumentParser(prog="python3 -m tests.rolling_upgrade", description=__doc__)
    parser.add_argument("--from", dest="revision", required=True, help="the release before")
    parser.add_argument("--members", type=int, default=500)
    parser.add_argument(
        "--order", default=",".join(KINDS), help="order of replacement (default: %(default)s)"
    )
    parser.add_argument(
        "--roll-back", action="store_true", help="return to the release before, half way"
    )
    parser.add_argument(
        "--side-by-side-s", type=float, default=3.0, help="both releases run, s (default: 3)"
    )
    asked = parser.parse_args(words)
    order = tuple(asked.order.split(","))
    if sorted(order) != sorted(KINDS):
        parser.error(f"--order must name each of {', '.join(KINDS)} once")
    plan = Plan(max(10, asked.members), order, asked.roll_back, asked.side_by_side_s)
    return asked.revision, plan


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
