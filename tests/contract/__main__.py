"""python -m tests.contract [--requests N]: the interface against /openapi.json; 1 at any fault.

Real processes on embedded servers, asked by each kind of caller in turn, with data that follows the
schemas and data that does not, one call alone and calls that follow from each other.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from issuance.migrate import migrate
from issuance.postgres.engine import open_engine
from tests.contract.callers import Stage, set_stage, stage_settings
from tests.contract.schemathesis_run import Outcome, run_schemathesis
from tests.house import open_house
from tests.servers import Servers, fresh_database, open_folder

PHASES = "examples,coverage,fuzzing,stateful"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.contract", description=__doc__)
    parser.add_argument("--requests", type=int, default=20_000, help="at least so many")
    parser.add_argument("--examples", type=int, default=25, help="of each operation and phase")
    parser.add_argument("--seed", type=int, default=1, help="of the first round")
    parser.add_argument("--caller", help="this one alone")
    asked = parser.parse_args(arguments)
    with opened_stage() as stage:
        callers = [asked.caller] if asked.caller else list(stage.callers)
        outcomes: list[Outcome] = []
        rounds = itertools.count(asked.seed)
        for seed, caller in ((seed, caller) for seed in rounds for caller in callers):
            outcomes.append(_asked(stage, caller, asked.examples, seed))
            # Everybody at least once, however few are wanted.
            enough = sum(one.requests for one in outcomes) >= asked.requests
            if enough and len(outcomes) >= len(callers):
                break
        errors = server_errors(stage)
    bad = [one for one in outcomes if not one.is_good]
    for one in bad:
        print(f"\n{'=' * 100}\nas {one.caller}:\n{one.said}")
    total = sum(one.requests for one in outcomes)
    print(f"\n{total:,} requests, {sum(one.failures for one in bad)} faults, {len(errors)} errors")
    print(*errors, sep="\n", end="")
    return 1 if bad or errors else 0


def _asked(stage: Stage, caller: str, examples: int, seed: int) -> Outcome:
    began_s = time.monotonic()
    outcome = run_schemathesis(stage, caller, examples=examples, seed=seed, phases=PHASES)
    took_s = time.monotonic() - began_s
    print(
        f"{caller:22} seed {seed:4}  {outcome.operations} operations  "
        f"{outcome.requests:6,} requests  {outcome.failures:3} faults  {took_s:6.1f} s",
        flush=True,
    )
    return outcome


def server_errors(stage: Stage) -> list[str]:
    """What the processes noted down as unexpected, whoever was answered meanwhile."""
    lines = stage.house.log.read_text(errors="replace").splitlines()
    return [line for line in lines if "unexpected" in line or "Traceback" in line]


@contextmanager
def opened_stage() -> Iterator[Stage]:
    with ExitStack() as stack:
        servers = stack.enter_context(Servers(environ={}))
        folder = open_folder(stack)
        database_url = fresh_database(servers.database_url, "waitroom_contract")
        engine = open_engine(database_url, connections_max=1, name="contract")
        migrate(engine)
        engine.dispose()
        house = stack.enter_context(
            open_house(database_url, servers.redis_url, folder, **stage_settings())
        )
        house.start_all()
        yield set_stage(house, "c")


if __name__ == "__main__":
    sys.exit(main())
