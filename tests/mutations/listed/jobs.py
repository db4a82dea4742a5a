"""Promise 9, of jobs: a worker runs only what this deployment enqueued."""

from tests.mutations.mutation import Mutation

_IN_FOREIGN = "integration/test_foreign_jobs.py::"
_IN_REFUSED = "integration/test_refused_jobs.py::"
_BY_REASON = f"{_IN_REFUSED}test_a_job_is_counted_by_why_it_was_refused"
_NOTHING_IMPORTED = (
    f"{_IN_FOREIGN}test_nothing_that_a_foreign_job_names_is_imported_and_a_good_job_is_done"
)

MUTATIONS = (
    Mutation(
        name="a_job_may_name_any_function",
        promise=9,
        file="issuance/queue/job_registry.py",
        within="_call",
        old="raise RefusedJob(Reason.UNKNOWN_KIND)",
        new="kind = JobKind(str(name), lambda *_: None)",
        noticed_by=(_BY_REASON,),
    ),
    Mutation(
        name="a_job_is_imported_by_its_name",
        promise=9,
        file="issuance/queue/job_registry.py",
        within="_call",
        old="raise RefusedJob(Reason.UNKNOWN_KIND)",
        new=(
            "from rq.utils import import_attribute\n"
            "\n"
            "import_attribute(name)\n"
            "raise RefusedJob(Reason.UNKNOWN_KIND)"
        ),
        noticed_by=(_NOTHING_IMPORTED,),
    ),
    Mutation(
        name="a_jobs_arguments_may_be_anything",
        summary="a job's arguments may be anything",
        promise=9,
        file="issuance/queue/job_registry.py",
        within="check_job",
        old="kind.check(args, meta)",
        new="",
        noticed_by=(_BY_REASON, _NOTHING_IMPORTED),
    ),
    Mutation(
        name="a_job_may_name_callbacks",
        promise=9,
        file="issuance/queue/checked_jobs.py",
        within="_check_lengths",
        old="return RefusedJob(Reason.INSTRUCTIONS, name)",
        new="pass",
        noticed_by=(_BY_REASON, _NOTHING_IMPORTED),
    ),
    Mutation(
        name="a_job_may_be_of_any_size",
        promise=7,
        file="issuance/queue/checked_jobs.py",
        within="_check_lengths",
        old="return RefusedJob(Reason.TOO_LARGE, name)",
        new="pass",
        noticed_by=(_BY_REASON,),
    ),
    Mutation(
        name="a_job_may_unpack_to_any_size",
        promise=7,
        file="issuance/queue/job_registry.py",
        within="_decompress",
        old="unpack.decompress(data, FIELD_BYTES_MAX)",
        new="unpack.decompress(data)",
        noticed_by=(_BY_REASON,),
    ),
    Mutation(
        name="a_refused_job_is_not_counted",
        promise=8,
        file="issuance/queue/checked_jobs.py",
        within="refuse_job",
        old="pipe.hincrby(refused_key(queue.name), refused.reason, 1)",
        new="",
        noticed_by=(
            _BY_REASON,
            f"{_IN_REFUSED}test_a_refused_job_is_logged_once_counted_and_out_of_the_queue",
        ),
    ),
    Mutation(
        name="a_worker_takes_orders_from_redis",
        summary="a worker obeys RQ's commands in Redis",
        promise=9,
        file="issuance/queue/worker.py",
        within="PoolWorker.subscribe",
        old="def subscribe(self) -> None:",
        new="def _subscribe_to_none(self) -> None:",
        noticed_by=(f"{_IN_REFUSED}test_a_worker_is_not_shut_down_by_a_message_in_redis",),
    ),
    Mutation(
        name="anybody_suspends_the_workers",
        summary="a key in Redis suspends the workers",
        promise=9,
        file="issuance/queue/worker.py",
        within="PoolWorker.check_for_suspension",
        old="def check_for_suspension(self, burst: bool) -> None:",
        new="def _never_suspended(self, burst: bool) -> None:",
        noticed_by=(f"{_IN_REFUSED}test_workers_are_not_suspended_by_a_key_in_redis",),
    ),
    Mutation(
        name="what_can_be_no_job_stops_the_workers",
        summary="a malformed job stops the workers",
        promise=8,
        file="issuance/queue/checked_jobs.py",
        within="CheckedQueue.lmove",
        old="parse_job_id(moved[1]) is not None",
        new="moved[1]",
        noticed_by=(f"{_IN_REFUSED}test_what_is_in_the_queue_and_can_be_no_job_is_dropped",),
    ),
)
