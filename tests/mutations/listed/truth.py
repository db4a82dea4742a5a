"""Promises 4 and 5: report only what is committed, and forget nobody who was admitted."""

from tests.mutations.mutation import Mutation

_IN_ADMITTER = "integration/test_admitter.py::"
_IN_DESK = "integration/test_job_queue.py::"
_IN_FED_AGAIN = "integration/test_fed_again.py::"
_IN_ISSUE = "integration/test_issue.py::"
_IN_LINE_OVERDUE = "integration/test_line_overdue.py::"
_IN_LINE_REPORT = "integration/test_line_report.py::"
_IN_MEMBER_REPORT = "integration/test_member_report.py::"
_FAILS_AFTER = (
    "integration/test_admitter.py::test_a_destination_that_fails_after_the_admission_loses_nobody"
)
_KILLED = (
    "integration/test_processes.py::test_a_worker_killed_between_commit_and_report_loses_nobody"
)

_IN_CODES = "integration/test_short_codes.py::"

MUTATIONS = (
    Mutation(
        name="a_taken_code_fails_a_batch",
        summary="a short code that is taken fails a whole batch",
        promise=5,
        file="issuance/issue_transaction.py",
        within="until_codes_are_free",
        old="continue",
        new="raise",
        noticed_by=(
            f"{_IN_CODES}test_a_code_that_is_taken_does_not_fail_a_batch",
            f"{_IN_CODES}test_two_alike_in_one_batch_do_not_fail_it",
            f"{_IN_CODES}test_issued_directly_too",
        ),
    ),
    Mutation(
        name="a_repeated_job_changes_codes",
        summary="a short code is not kept",
        promise=4,
        file="issuance/mappers.py",
        within="issued_coupon_from_row",
        old="row.short_code",
        new="None",
        noticed_by=(f"{_IN_CODES}test_each_of_a_batch_has_a_code_of_its_own_that_it_keeps",),
    ),
    Mutation(
        name="rows_before_short_codes_stay_without",
        summary="rows of before short codes never get one",
        promise=5,
        file="issuance/migrate.py",
        within="migrate",
        old="fill_short_codes(engine)",
        new="pass",
        noticed_by=(f"{_IN_CODES}test_rows_that_were_there_before_get_codes_by_the_migration",),
    ),
    Mutation(
        name="nothing_is_committed",
        promise=4,
        file="issuance/issue_transaction.py",
        within="IssueTransaction.write_issued",
        old="self._connection.commit()",
        new="",
        noticed_by=(
            f"{_IN_ISSUE}test_ten_batches_at_once_never_over_issue_and_never_issue_twice",
            "integration/test_job_queue.py::test_when_the_line_is_told_postgres_has_committed",
        ),
    ),
    Mutation(
        name="the_line_is_told_before_the_commit",
        summary="outcomes are reported before the commit",
        promise=4,
        file="issuance/queue/worker.py",
        within="issue_batch",
        old="with _context.around(meta, attributes):",
        new=(
            "with open_issue_transaction(_context.engine) as tx:\n"
            "    coupon, row, _ = tx.load_coupon(FIND, code, members)\n"
            "hoped = {one: _attempt(coupon, one, row.read_at, None) for one in "
            "members}\n"
            "_context.report(Issued(code, coupon.inventory.used_count, hoped))\n"
            "with _context.around(meta, attributes):"
        ),
        uses={
            "issuance/issue.py": "_attempt",
            "issuance/issue_transaction.py": "FIND, open_issue_transaction",
        },
        noticed_by=(
            "integration/test_job_queue.py::test_when_the_line_is_told_postgres_has_committed",
            _KILLED,
        ),
    ),
    Mutation(
        name="a_job_that_was_fed_again_decides_anew",
        summary="a repeated job decides anew",
        promise=4,
        file="domain/coupon.py",
        within="Coupon.issue_to",
        old="raise before",
        new="del before",
        noticed_by=(
            f"{_IN_FED_AGAIN}test_who_was_refused_gets_nothing_of_a_job_that_comes_later",
            f"{_IN_FED_AGAIN}test_a_refusal_is_final_from_its_commit_on_and_not_from_its_report",
            f"{_IN_FED_AGAIN}test_a_job_that_waits_for_the_coupon_sees_what_was_refused_meanwhile",
            f"{_IN_FED_AGAIN}test_who_was_admitted_too_late_is_so_too_when_the_end_is_put_off",
        ),
    ),
    Mutation(
        name="a_refusal_is_not_committed",
        promise=4,
        file="issuance/issue.py",
        within="_issue_once",
        old="tx.commit()",
        new="pass",
        noticed_by=(
            f"{_IN_FED_AGAIN}test_who_was_admitted_too_late_is_so_too_when_the_end_is_put_off",
        ),
    ),
    Mutation(
        name="a_late_refusal_costs_the_turn_of_who_was_admitted_again",
        summary="a late refusal ends a newer admission",
        promise=4,
        file="waitroom/lua/report.lua",
        old="(admitted_at ~= '' and admissions[i]"
        " and tonumber(admissions[i]) ~= tonumber(admitted_at))",
        new="false",
        noticed_by=(
            f"{_IN_FED_AGAIN}test_a_copy_of_a_batch_does_not_refuse_who_was_admitted_again",
        ),
    ),
    Mutation(
        name="the_queues_word_is_taken_for_a_failure",
        summary="failed jobs in RQ stop enqueueing",
        promise=4,
        file="issuance/queue/job_queue.py",
        within="JobQueue.enqueue",
        old="return [job.id for job in self._queue.enqueue_many(batches)]",
        new=(
            "if self._queue.failed_job_registry.get_job_count(cleanup=False):\n"
            "    return []\n"
            "return [job.id for job in self._queue.enqueue_many(batches)]"
        ),
        noticed_by=(
            f"{_IN_DESK}test_a_batch_that_failed_is_fed_again_whatever_the_queue_says_of_it",
        ),
    ),
    Mutation(
        name="a_late_refusal_overwrites_an_issue",
        promise=4,
        file="waitroom/lua/report.lua",
        old="if kind == 'r' and is_late then return end",
        new="",
        noticed_by=(
            "integration/test_line_report.py::test_what_was_issued_stays_issued",
            f"{_IN_LINE_REPORT}test_a_refusal_that_comes_late_does_not_cost_the_new_place",
        ),
    ),
    Mutation(
        name="redis_keeps_its_refusal_though_postgres_has_issued",
        summary="a refusal in Redis outlives an issued coupon",
        promise=4,
        file="waitroom/lua/report.lua",
        old="kind == 'r' and is_late",
        new="before[i] or (kind == 'r' and is_late)",
        noticed_by=(
            f"{_IN_LINE_REPORT}test_what_was_refused_turns_into_issued_when_postgres_says_so",
        ),
    ),
    Mutation(
        name="an_earlier_report_takes_back_how_many_are_gone",
        summary="an earlier report lowers used_count",
        promise=4,
        file="waitroom/lua/report.lua",
        old="digits(math.max(used, tonumber(ARGV[1])))",
        new="ARGV[1]",
        noticed_by=("integration/test_line_report.py::test_how_many_are_gone_never_shrinks",),
    ),
    Mutation(
        name="older_settings_overwrite_newer_ones",
        promise=4,
        file="waitroom/lua/apply_settings.lua",
        old="if version > tonumber(ARGV[1]) then return 0 end",
        new="",
        noticed_by=(
            "integration/test_line_report.py::test_older_settings_never_overwrite_newer_ones",
        ),
    ),
    Mutation(
        name="admitted_without_being_filed",
        summary="admitted members are not recorded",
        promise=5,
        file="waitroom/lua/admit.lua",
        old="call_with('ZADD', keys.admitted, filed)",
        new="",
        noticed_by=(
            _FAILS_AFTER,
            "integration/test_line_admit.py::test_who_is_let_through_is_filed_with_their_arrival",
        ),
    ),
    Mutation(
        name="the_overdue_are_not_fed",
        summary="overdue members are not enqueued again",
        promise=5,
        file="waitroom/lease_admission.py",
        within="LeaseAdmission.admit",
        old="await self._intake.feed(code, overdue)",
        new="",
        noticed_by=(
            _FAILS_AFTER,
            f"{_IN_ADMITTER}test_an_admitter_killed_between_admission_and_feeding_loses_nobody",
        ),
    ),
    Mutation(
        name="the_overdue_are_not_found",
        summary="overdue members are not found",
        promise=5,
        file="waitroom/lua/claim_overdue.lua",
        old="digits(now), 'WITHSCORES'",
        new="0, 'WITHSCORES'",
        noticed_by=(_FAILS_AFTER,),
    ),
    Mutation(
        name="two_rescuers_are_told_of_the_same_people",
        summary="two admitters claim the same overdue members",
        promise=5,
        file="waitroom/lua/claim_overdue.lua",
        old="redis.call('ZADD', keys.admitted, 'XX', digits(due + i), member)",
        new="",
        noticed_by=(f"{_IN_LINE_OVERDUE}test_only_one_of_two_rescuers_gets_each_of_the_overdue",),
    ),
    Mutation(
        name="feeding_empties_the_file",
        summary="enqueueing deletes the record of an admission",
        promise=5,
        file="waitroom/lease_admission.py",
        within="LeaseAdmission.admit",
        old="await self._intake.feed(code, admission.by_member())",
        new=(
            "await self._intake.feed(code, admission.by_member())\n"
            "await self._line._redis.delete(Keys(code).admitted)"
        ),
        uses={"waitroom/redis_io/keys.py": "Keys"},
        noticed_by=("integration/test_admitter.py::test_who_was_fed_is_filed_until_the_outcome",),
    ),
    Mutation(
        name="a_members_report_believes_redis_before_postgres",
        summary="the report of a member prefers Redis to Postgres",
        promise=4,
        file="application/member_report.py",
        within="_combine",
        old="held is not None",
        new="held is not None and record.state == 'issued'",
        noticed_by=(f"{_IN_MEMBER_REPORT}test_a_coupon_is_known_where_redis_has_forgotten_it",),
    ),
    Mutation(
        name="a_refusal_is_forgotten_with_redis",
        summary="the report of a member omits refusals that Redis lost",
        promise=8,
        file="application/member_report.py",
        within="_combine",
        old="record.outcome or (refused[0].slug if refused else '')",
        new="record.outcome",
        noticed_by=(f"{_IN_MEMBER_REPORT}test_a_refusal_is_known_where_redis_has_forgotten_it",),
    ),
)
