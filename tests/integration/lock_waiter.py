"""Waits for the lock of a coupon until it is killed. Started by a test."""

import sys

from issuance.issue_transaction import FIND_LOCKED, open_issue_transaction
from issuance.postgres.engine import open_engine

# Ten minutes each: only the test that kills it ends the wait, no time limit.
PATIENT = "SELECT " + ", ".join(
    f"set_config('{name}', '10min', true) AS {name}"
    for name in ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")
)

if __name__ == "__main__":
    database_url, code = sys.argv[1:]
    engine = open_engine(database_url, connections_max=1, name="lock waiter")
    with open_issue_transaction(engine) as tx:
        print("waits", flush=True)
        tx.fetch_all((PATIENT, {}))
        tx.load_coupon(FIND_LOCKED, code, ["alice"])
