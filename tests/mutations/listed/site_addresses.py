"""Sites: a redirect never leaves a site's hosts."""

from tests.mutations.mutation import Mutation

_IN_URLS = "unit/test_target_urls.py::"
_SPELLED = f"{_IN_URLS}test_a_spelling_of_another_address_is_none_of_the_sites"

MUTATIONS = (
    Mutation(
        name="any_host_that_ends_like_a_sites_is_the_sites",
        promise=9,
        file="domain/sites/target_urls.py",
        within="target_in",
        old="origin not in {site_origin(host) for host in site_hosts}",
        new="not any(origin.endswith(host) for host in site_hosts)",
        noticed_by=(_SPELLED,),
    ),
    Mutation(
        name="a_targets_port_is_ignored",
        promise=9,
        file="domain/sites/target_urls.py",
        within="target_in",
        old='_origin(found["scheme"], found["host"])',
        new='_origin(found["scheme"], found["host"].partition(":")[0])',
        noticed_by=(_SPELLED,),
    ),
    Mutation(
        name="a_pass_may_travel_without_tls",
        promise=9,
        file="domain/sites/target_urls.py",
        within="target_in",
        old='_origin(found["scheme"], found["host"])',
        new='_origin("https", found["host"])',
        noticed_by=(_SPELLED,),
    ),
)
