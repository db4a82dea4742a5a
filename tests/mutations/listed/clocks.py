"""Whose clock decides: Redis' or Postgres', and no host's."""

from tests.mutations.mutation import Mutation

_IN_CLOCKS = "integration/test_clocks.py::"
_IN_COUPON = "unit/test_coupon.py::"

MUTATIONS = (
    Mutation(
        name="who_was_admitted_is_told_that_it_is_not_open_yet",
        promise=3,
        file="domain/coupon.py",
        old="        if admitted_at is None and now < self.opens_at:\n",
        new="        if now < self.opens_at:\n",
        noticed_by=(
            f"{_IN_CLOCKS}test_an_opening_put_off_meanwhile_refuses_nobody_who_was_let_through",
        ),
    ),
    Mutation(
        name="the_end_is_decided_when_a_worker_comes_to_it",
        promise=3,
        file="domain/coupon.py",
        old="        if (now if admitted_at is None else admitted_at) >= self.expire_date:\n",
        new="        if now >= self.expire_date:\n",
        noticed_by=(
            f"{_IN_COUPON}test_whether_the_end_had_come_is_decided_by_when_they_were_admitted",
            f"{_IN_CLOCKS}test_the_end_is_decided_by_when_they_were_let_through",
        ),
    ),
    Mutation(
        name="a_job_does_not_say_when_its_members_were_let_through",
        promise=3,
        file="issuance/desk.py",
        old="    if admitted_at_us:\n",
        new="    if not admitted_at_us:\n        return None\n    if False:\n",
        noticed_by=(
            "integration/test_desk.py::test_a_job_says_when_its_members_were_let_through",
            f"{_IN_CLOCKS}test_the_end_is_decided_by_when_they_were_let_through",
        ),
    ),
    Mutation(
        name="a_new_lease_forgets_when_somebody_was_let_through",
        promise=3,
        file="waitroom/lua/admit.lua",
        old="  call_with('HSET', KEYS[10], admissions)\n",
        new="",
        noticed_by=(
            f"{_IN_CLOCKS}test_when_somebody_was_let_through_stays_known_under_a_new_lease",
        ),
    ),
    Mutation(
        name="a_workers_own_clock_decides",
        promise=3,
        file="issuance/issue.py",
        old="now or row.read_at",
        new="now or datetime.now(row.read_at.tzinfo)",
        noticed_by=(f"{_IN_CLOCKS}test_a_job_that_does_not_say_when_is_judged_by_postgres_clock",),
    ),
)
