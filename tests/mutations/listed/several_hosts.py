"""Promise 7: limits and bounds hold over several hosts."""

from tests.mutations.mutation import Mutation

_IN_REGISTRY = "integration/test_process_registry.py::"
MUTATIONS = (
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
        name="connections_of_other_hosts_are_not_added_up",
        promise=7,
        file="web/container.py",
        within="WebContainer.db_connections_max",
        old="self.line.process_registry.db_connections",
        new="0",
        noticed_by=(f"{_IN_REGISTRY}test_the_bound_of_connections_is_that_of_all_hosts",),
    ),
)
