"""A holder of the Redis lock that is stopped between reading and writing. Started by a test."""

import sys
import time

from domain.refusals import Refusal
from issuance.direct import DirectIssuer
from issuance.locking import redis_lock
from issuance.locking.redis_lock import LockLimits
from issuance.postgres.engine import open_engine
from issuance.queue.redis_connection import open_queue_redis

LEASE_S = 1.0

if __name__ == "__main__":
    database_url, redis_url, code = sys.argv[1:]
    decide, waited = redis_lock.decide, []

    def decide_and_dawdle(*arguments):
        decided = decide(*arguments)
        if not waited:
            waited.append(True)
            print("has read", flush=True)
            time.sleep(LEASE_S / 2)  # within the lease: only being stopped makes it late
        return decided

    redis_lock.decide = decide_and_dawdle
    engine = open_engine(database_url, connections_max=1, name="sleepy")
    limits = LockLimits(lease_s=LEASE_S, wait_s=10)
    try:
        done = DirectIssuer(engine, open_queue_redis(redis_url, timeout_s=5), limits).issue(
            code, "alice"
        )
        print("issued", done.is_new, flush=True)
    except Refusal as refusal:
        print(type(refusal).__name__, flush=True)
