"""Promise 8: a failover of Postgres loses nothing, and a hung commit stops admission."""

from tests.mutations.mutation import Mutation

_IN_FAILOVER = "integration/test_postgres_failover.py::"
_IN_REPAIR = "integration/test_failover_repair.py::"
MUTATIONS = (
    Mutation(
        name="a_failover_opens_admission_before_its_repair",
        summary="admission opens after a failover before lost coupons are issued again",
        promise=8,
        file="application/postgres_watchdog.py",
        within="PostgresWatchdog.run_once",
        old="if not self._repair.is_done(history):",
        new="if False:",
        noticed_by=(
            f"{_IN_FAILOVER}test_after_an_asynchronous_failover_all_who_were_told_have_the_same_coupon_before_others",
        ),
    ),
    Mutation(
        name="a_commit_that_hangs_is_not_noticed",
        summary="a hung commit does not stop admission",
        promise=8,
        file="issuance/postgres/server_state.py",
        within="ping_postgres",
        old="if commit_hangs:",
        new="if False:",
        noticed_by=(
            f"{_IN_FAILOVER}test_a_commit_that_waits_for_a_hung_standby_closes_admission_and_is_not_lost",
        ),
    ),
    Mutation(
        name="the_watchdog_keeps_its_connection_to_a_standby",
        summary="the watchdog keeps its connection to a primary that turned read-only",
        promise=8,
        file="issuance/postgres/server_state.py",
        within="ping_postgres",
        old="tx.invalidate()",
        new="pass",
        noticed_by=(
            f"{_IN_FAILOVER}test_after_an_asynchronous_failover_all_who_were_told_have_the_same_coupon_before_others",
        ),
    ),
    Mutation(
        name="a_long_repair_keeps_admission_closed",
        summary="a repair that takes too long keeps admission closed",
        promise=8,
        file="application/failover_repair.py",
        within="FailoverRepair._is_late",
        old="return self._give_up_at is not None and time.monotonic() >= self._give_up_at",
        new="return False",
        noticed_by=(
            f"{_IN_REPAIR}test_a_repair_that_takes_too_long_does_not_keep_admission_closed",
        ),
    ),
    Mutation(
        name="a_worker_keeps_its_connection_to_a_standby",
        summary="a worker keeps its connection to a primary that turned read-only",
        promise=8,
        file="issuance/issue_transaction.py",
        within="open_issue_transaction",
        old="isinstance(error, psycopg.OperationalError) or is_wrong_server(error)",
        new="isinstance(error, psycopg.OperationalError)",
        noticed_by=(
            f"{_IN_FAILOVER}test_after_an_asynchronous_failover_all_who_were_told_have_the_same_coupon_before_others",
        ),
    ),
)
