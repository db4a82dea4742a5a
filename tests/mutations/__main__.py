"""python -m tests.mutations [NAME ...]: break promises on purpose; exit with 1 if a test passes.

The checkout is copied, one mutation at a time is applied to a copy, and each test that must
notice it runs there, `--times` times; one that draws at random at least ten times, each time by
another seed. First they all run without any mutation, and must pass.
"""

from __future__ import annotations

import argparse
import secrets
import sys
from collections.abc import Sequence

from tests.mutations.listed import MUTATIONS
from tests.mutations.mutation import PROMISES, Mutation
from tests.mutations.page import PAGE, write_table
from tests.mutations.tree import ROOT
from tests.mutations.trial import Bench, Finding, Runs, described, opened_bench, passed

NOT_NOTICED, CANNOT_BEGIN = 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    asked = _parser().parse_args(arguments)
    chosen = _chosen(asked.names)
    if asked.list:
        for one in chosen:
            print(f"{one.name}: {one.promise}. {PROMISES[one.promise]}")
        return 0
    if asked.table:
        write_table(ROOT, MUTATIONS)
        return 0
    with opened_bench(asked.at_once) as bench:
        if faults := bench.faults(chosen):
            for name, why in faults.items():
                print(f"{name}: {why}", file=sys.stderr)
            return NOT_NOTICED
        random_tests, failing = _begin(bench, chosen, asked.seed)
        if failing and not asked.keep_going:
            return CANNOT_BEGIN
        tried = [one for one in chosen if not failing & set(one.noticed_by)]
        findings = bench.attempts(tried, Runs(asked.times, asked.seed, random_tests), _print_line)
    left_out = sorted({one.name for one in chosen} - {one.name for one in tried})
    code = _conclude(findings, write=asked.write and not asked.names and not left_out)
    if left_out:
        print(f"Skipped, as a test fails without a mutation: {', '.join(left_out)}")
    return code or (CANNOT_BEGIN if left_out else 0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.mutations", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="a mutation; without any, all")
    parser.add_argument("--list", action="store_true", help="list them")
    parser.add_argument(
        "--write", action="store_true", help=f"write the table of {PAGE} if all are noticed"
    )
    parser.add_argument("--table", action="store_true", help="only write that table")
    parser.add_argument(
        "--keep-going",
        action="store_true",
        help="skip mutations whose tests fail without a mutation",
    )
    parser.add_argument("--times", type=int, default=1, help="runs of each test (default: 1)")
    parser.add_argument("--at-once", type=int, default=2, help="mutations at once (default: 2)")
    parser.add_argument(
        "--seed", type=int, default=secrets.randbelow(1_000_000), help="the first run's seed"
    )
    return parser


def _chosen(names: Sequence[str]) -> list[Mutation]:
    known = {one.name: one for one in MUTATIONS}
    unknown = [name for name in names if name not in known]
    if unknown:
        sys.exit(f"There is no mutation {', '.join(unknown)}; --list shows all.")
    return [known[name] for name in names] if names else list(MUTATIONS)


def _begin(
    bench: Bench, chosen: Sequence[Mutation], seed: int
) -> tuple[frozenset[str], frozenset[str]]:
    """The tests that draw at random, and the tests that fail without a mutation."""
    tests = sorted({test for one in chosen for test in one.noticed_by})
    print(f"{len(tests)} tests without a mutation, seed {seed} ...", flush=True)
    cases, outputs = bench.run_unbroken(tests, seed)
    failing = frozenset(test for test in tests if not passed(cases[test]))
    if failing:
        said = [f"{test}: {described(cases[test])}" for test in sorted(failing)]
        print("These fail without a mutation:", *said, *outputs, sep="\n", file=sys.stderr)
    drawing = (test for test in tests if any(end.draws_at_random for end in cases[test]))
    return frozenset(drawing), failing


def _print_line(finding: Finding) -> None:
    mutation = finding.mutation
    missed = {miss.test for miss in finding.misses}
    how = dict.fromkeys(finding.by_time_out, " by a bound on time")
    by = ", ".join(
        f"{test} x{times}{how.get(test, '')}"
        for test, times in finding.times.items()
        if test not in missed
    )
    promise = f"{mutation.promise}. {PROMISES[mutation.promise]}"
    print(f"{mutation.name:40} {promise:45} {finding.took_s:5.1f} s  {by or 'NOBODY'}", flush=True)


def _conclude(findings: Sequence[Finding], *, write: bool) -> int:
    missed = [one for one in findings if not one.is_noticed]
    for finding in missed:
        print(f"\nNOT NOTICED: {finding.mutation.name}")
        for miss in finding.misses:
            times = finding.times[miss.test]
            print(f"  {miss.test}, run {miss.run} of {times}, seed {miss.seed}: {miss.ending}")
        print(finding.output)
    runs = sum(sum(one.times.values()) for one in findings)
    total_s = sum(one.took_s for one in findings)
    print(f"\n{len(findings)} mutations, {runs} runs, {len(missed)} not noticed, {total_s:.0f} s")
    if write and not missed:
        write_table(ROOT, [one.mutation for one in findings])
        print(f"Wrote {PAGE}.")
    return NOT_NOTICED if missed else 0


if __name__ == "__main__":
    sys.exit(main())
