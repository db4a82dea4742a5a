"""python -m tests.mutations [NAME ...]: break each promise on purpose; 1 where nobody notices.

The checkout is copied, one mutation at a time is applied to the copy, and the tests that must
notice it run there. First they all run without any, and must pass.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from tests.mutations.listed import MUTATIONS
from tests.mutations.mutation import PROMISES, Mutation
from tests.mutations.page import PAGE, write_table
from tests.mutations.tree import ROOT
from tests.mutations.trial import Bench, Finding, opened_bench

NOT_NOTICED, CANNOT_BEGIN = 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    asked = _parser().parse_args(arguments)
    chosen = _chosen(asked.names)
    if asked.list:
        for one in chosen:
            print(f"{one.name}: {one.promise}. {PROMISES[one.promise]}")
        return 0
    with opened_bench() as bench:
        if faults := bench.faults(chosen):
            for name, why in faults.items():
                print(f"{name}: {why}", file=sys.stderr)
            return NOT_NOTICED
        if not _begins_well(bench, chosen):
            return CANNOT_BEGIN
        findings = [_tried(bench, one) for one in chosen]
    missed = [one for one in findings if not one.is_noticed]
    for finding in missed:
        tests = ", ".join(finding.missed)
        print(f"\nNOT NOTICED: {finding.mutation.name} by {tests}\n{finding.said}")
    total_s = sum(one.took_s for one in findings)
    print(f"\n{len(findings)} mutations, {len(missed)} not noticed, {total_s:.0f} s")
    if asked.write and not missed and not asked.names:
        write_table(ROOT, findings)
        print(f"{PAGE} is written.")
    return NOT_NOTICED if missed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.mutations", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="a mutation; without any, all")
    parser.add_argument("--list", action="store_true", help="say which there are")
    parser.add_argument("--write", action="store_true", help=f"write the table of {PAGE}")
    return parser


def _chosen(names: Sequence[str]) -> list[Mutation]:
    known = {one.name: one for one in MUTATIONS}
    unknown = [name for name in names if name not in known]
    if unknown:
        sys.exit(f"There is no mutation {', '.join(unknown)}; --list says which there are.")
    return [known[name] for name in names] if names else list(MUTATIONS)


def _begins_well(bench: Bench, chosen: Sequence[Mutation]) -> bool:
    tests = sorted({test for one in chosen for test in one.noticed_by})
    print(f"{len(tests)} tests without any mutation ...", flush=True)
    failed, said = bench.fail_anyway(tests)
    if failed:
        print(f"These don't pass as it is: {', '.join(failed)}\n{said}", file=sys.stderr)
    return not failed


def _tried(bench: Bench, mutation: Mutation) -> Finding:
    finding = bench.attempt(mutation)
    told = ", ".join(t for t in mutation.noticed_by if t not in finding.missed) or "NOBODY"
    promise = f"{mutation.promise}. {PROMISES[mutation.promise]}"
    print(f"{mutation.name:40} {promise:45} {finding.took_s:5.1f} s  {told}", flush=True)
    return finding


if __name__ == "__main__":
    sys.exit(main())
