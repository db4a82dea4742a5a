"""Promise 9, of deployments: none uses what belongs to another."""

from tests.mutations.mutation import Mutation

_IN = "integration/test_deployments.py::"
_ENDS = f"{_IN}test_a_process_that_finds_another_deployments_redis_ends_with_a_sentence"
_SWAPPED = f"{_IN}test_a_redis_that_becomes_another_deployments_ends_each_process"
_OVERTAKEN = f"{_IN}test_one_that_writes_its_id_between_anothers_look_and_write_keeps_the_redis"
_AT_ONCE = f"{_IN}test_of_two_that_begin_at_once_one_gets_the_redis"

MUTATIONS = (
    Mutation(
        name="a_bad_url_is_repeated",
        summary="an error prints an invalid URL",
        promise=9,
        file="topology/single_redis.py",
        within="_split",
        old="parts = None",
        new="raise",
        noticed_by=(
            (
                "unit/test_settings_urls.py::"
                "test_a_redis_url_that_can_not_be_read_is_refused_without_its_password"
            ),
        ),
    ),
    Mutation(
        name="another_deployments_redis_is_used",
        summary="another deployment's Redis is used",
        promise=9,
        file="issuance/deployment.py",
        within="DeploymentClaim.claim",
        old="None if found in (None, own) else found",
        new="None",
        noticed_by=(_ENDS, _AT_ONCE),
    ),
    Mutation(
        name="a_redis_that_is_swapped_later_is_not_noticed",
        summary="a Redis that is swapped later is not detected",
        promise=9,
        file="processes/deployment_watch.py",
        within="DeploymentWatch._run",
        old="self._stop.wait(CHECK_EVERY_S)",
        new="self._stop.wait(600 if self._checked.is_set() else CHECK_EVERY_S)",
        noticed_by=(_SWAPPED,),
    ),
    Mutation(
        name="two_deployments_that_begin_at_once_both_get_the_redis",
        summary="two deployments that start at once both claim the Redis",
        promise=9,
        file="issuance/deployment.py",
        within="DeploymentClaim.claim",
        old="nx=True",
        new="",
        noticed_by=(_OVERTAKEN,),
    ),
    Mutation(
        name="a_process_is_forked_in_the_middle_of_a_check",
        promise=8,
        file="processes/deployment_watch.py",
        within="DeploymentWatch._run",
        old="with _checking:",
        new="with Lock():",
        noticed_by=(
            "unit/test_deployment_watch.py::test_a_process_that_is_forked_meanwhile_begins_after_the_check",
        ),
    ),
    Mutation(
        name="jobs_of_another_deployment_are_done",
        summary="a worker runs another deployment's jobs",
        promise=9,
        file="issuance/queue/worker.py",
        within="WorkerJob.refresh",
        old="raise RefusedJob(Reason.OTHER_DEPLOYMENT)",
        new="pass",
        noticed_by=(
            (
                "integration/test_refused_jobs.py::"
                "test_a_job_of_another_deployment_is_refused_and_ours_is_done"
            ),
        ),
    ),
    Mutation(
        name="a_port_is_shared_with_another_deployment",
        promise=9,
        file="processes/http/port_check.py",
        within="refuse_foreign_port",
        old="found != deployment",
        new="found == deployment",
        noticed_by=(f"{_IN}test_a_port_that_another_deployment_serves_is_not_shared",),
    ),
    Mutation(
        name="a_command_changes_another_deployments_line",
        summary="a command changes another deployment's line",
        promise=9,
        file="processes/stores.py",
        within="open_postgres_for_change",
        old="refuse_other_deployment(settings, engine)",
        new="",
        noticed_by=(f"{_IN}test_a_command_changes_nothing_where_the_redis_is_another_deployments",),
    ),
)
