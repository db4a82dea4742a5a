"""Rebuilds from a room's records that never more than its seats were inside, while parts fail.

python -m tests.visits                          # 60 s: kills an admitter, web and Redis
python -m tests.visits --seconds 20 --seed 7
"""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack

from tests.servers import open_folder
from tests.visits.trial import Plan, run_trial


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.visits", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    plan = Plan()
    parser.add_argument("--seconds", type=float, default=plan.seconds)
    parser.add_argument("--visitors", type=int, default=plan.visitors)
    parser.add_argument("--seats", type=int, default=plan.seats)
    parser.add_argument("--admitters", type=int, default=plan.admitters)
    parser.add_argument("--seed", type=int, default=plan.seed)
    given = vars(parser.parse_args())
    with ExitStack() as stack:
        wrong = run_trial(Plan(**given), open_folder(stack))
    for sentence in wrong:
        print(f"WRONG: {sentence}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
