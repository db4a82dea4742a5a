"""Promises 3 and 7: a host that was cut off moves nobody, and limits hold over several hosts."""

from tests.mutations.mutation import Mutation

_IN_LATE = "integration/test_late_calls.py::"
_IN_REGISTRY = "integration/test_process_registry.py::"
MUTATIONS = (
    Mutation(
        name="a_call_that_timed_out_arrives_later",
        promise=3,
        file="topology/async_redis.py",
        within="_Following._connect",
        old='reset_when_closed(self._writer.get_extra_info("socket"))',
        new="pass",
        noticed_by=(
            "integration/test_rate_limiter.py::test_a_call_that_nobody_awaits_any_more_can_not_arrive_later",
            f"{_IN_LATE}test_a_member_who_gave_up_a_place_keeps_the_next_one",
            f"{_IN_LATE}test_a_retracted_outcome_does_not_come_back_by_a_late_report",
            f"{_IN_LATE}test_a_command_that_timed_out_does_not_come_later[call_async]",
        ),
    ),
    Mutation(
        name="a_command_of_the_queue_that_timed_out_arrives_later",
        promise=3,
        file="topology/sync_redis.py",
        within="_Following._connect",
        old="reset_when_closed(sock)",
        new="pass",
        noticed_by=(f"{_IN_LATE}test_a_command_that_timed_out_does_not_come_later[call_blocking]",),
    ),
    Mutation(
        name="a_silent_redis_keeps_calls_for_ever",
        promise=8,
        file="waitroom/redis_io/script_call.py",
        within="Replies._check_time",
        old='self._fail(RedisTimeoutError(f"Timeout reading from {self._label}"))',
        new="pass",
        noticed_by=(
            "integration/test_script_call.py::test_a_server_that_falls_silent_costs_each_call_its_time_limit_only",
        ),
    ),
    Mutation(
        name="each_host_shares_its_limits_by_itself",
        promise=7,
        file="processes/process_registry.py",
        within="publish_web",
        old='line.process_registry.count("web")',
        new="1",
        noticed_by=(
            f"{_IN_REGISTRY}test_all_kinds_of_processes_publish_themselves_and_web_shares_its_limits",
        ),
    ),
    Mutation(
        name="what_many_processes_allow_is_never_counted",
        promise=7,
        file="waitroom/limits/rate_limiter.py",
        within="RateLimiter.take",
        old="self._count_later(who, most)",
        new="pass",
        noticed_by=(
            f"{_IN_REGISTRY}test_all_kinds_of_processes_publish_themselves_and_web_shares_its_limits",
        ),
    ),
    Mutation(
        name="a_process_keeps_its_share_when_others_start",
        promise=7,
        file="waitroom/limits/rate_limiter.py",
        within="RateLimiter.share_among",
        old="self._local_limits = {}",
        new="pass",
        noticed_by=("unit/test_local_allowance.py::test_a_process_allows_its_share_without_redis",),
    ),
    Mutation(
        name="connections_of_other_hosts_are_not_added_up",
        promise=7,
        file="web/container.py",
        within="WebContainer.db_connections_max",
        old="self.line.process_registry.db_connections",
        new="0",
        noticed_by=(f"{_IN_REGISTRY}test_the_bound_of_connections_is_that_of_all_hosts",),
    ),
)
