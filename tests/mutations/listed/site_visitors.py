"""Sites: who takes a place or a seat, and whose pass lets them in."""

from tests.mutations.mutation import Mutation

_IN_PAGES = "integration/sites/test_site_pages.py::"
_IN_CHECKS = "integration/sites/test_site_checks.py::"
_IN_BENCH = "integration/test_bench_measures.py::"
_IN_PASSES = "integration/sites/test_site_passes.py::"

MUTATIONS = (
    Mutation(
        name="bench_check_asks_without_passes",
        promise=10,
        file="load/bench/measures/check.py",
        within="_passes",
        old="signer.sign(room.code, one.member_id, one.visit_id, one.ends_at_us / 1_000_000)",
        new="one.visit_id",
        noticed_by=(f"{_IN_BENCH}test_check_is_asked_with_the_passes_of_living_visits",),
    ),
    Mutation(
        name="a_prefetch_takes_a_place",
        promise=9,
        file="web/sites/navigation.py",
        within="is_navigation",
        old="not any(name in headers for name in PURPOSES)",
        new="True",
        noticed_by=(f"{_IN_PAGES}test_only_somebody_who_comes_here_takes_a_place",),
    ),
    Mutation(
        name="a_head_takes_a_place",
        promise=9,
        file="web/sites/navigation.py",
        within="is_navigation",
        old="WAS_HEAD not in request.scope",
        new="True",
        noticed_by=(f"{_IN_PAGES}test_a_head_of_a_navigation_takes_no_place",),
    ),
    Mutation(
        name="a_visitors_cookie_signs_in_where_there_are_coupons",
        promise=2,
        file="web/dependencies.py",
        within="find_visitor",
        old="parts.sessions.from_cookies(request.cookies, secure=parts.secure)",
        new="parts.sessions.from_cookies(request.cookies, secure=parts.secure) "
        "or parts.visitors.from_cookies(request.cookies, secure=parts.secure)",
        noticed_by=(f"{_IN_PAGES}test_a_visitor_is_nobody_where_there_are_coupons",),
    ),
    Mutation(
        name="an_address_with_a_pass_lets_everybody_in",
        promise=9,
        file="web/sites/checks.py",
        within="PassChecks._handed_over",
        old="claims if await self._take(room.code, check.given) else None",
        new="claims",
        noticed_by=(f"{_IN_CHECKS}test_a_pass_in_an_address_becomes_a_cookie_once",),
    ),
    Mutation(
        name="a_check_lets_a_finished_visitor_in",
        promise=9,
        file="web/sites/checks.py",
        within="PassChecks._lives",
        old="visit is not None and visit.is_inside",
        new="visit is not None",
        noticed_by=(f"{_IN_CHECKS}test_a_visit_that_is_over_is_refused_at_once",),
    ),
    Mutation(
        name="a_check_says_no_member",
        summary="a check says no member, so that a proxy lets a client's own header through",
        promise=9,
        file="web/sites/checks.py",
        within="_allowed",
        old='(b"waitroom-member", claims.sub.encode())',
        new='(b"waitroom-who", claims.sub.encode())',
        noticed_by=(f"{_IN_CHECKS}test_every_method_is_answered",),
    ),
    Mutation(
        name="any_page_may_read_a_pass",
        promise=9,
        file="web/sites/callers.py",
        within="cors_headers",
        old="origin in room.site.origins",
        new="origin",
        noticed_by=(f"{_IN_PASSES}test_a_visit_is_renewed_by_its_pass_from_a_page_of_the_site",),
    ),
    Mutation(
        name="any_key_finishes_visits",
        promise=9,
        file="web/sites/callers.py",
        within="visit_of_caller",
        old="not room.site.has_api_key(credential, now)",
        new="False",
        noticed_by=(f"{_IN_PASSES}test_the_sites_program_finishes_by_its_key",),
    ),
    Mutation(
        name="any_caller_of_passes_is_excused_from_limits",
        promise=7,
        file="web/fast_path/too_many_requests.py",
        within="RateLimitedResponses._admit",
        old="path.startswith(_FOR_SITES) and self._is_site(self._request(scope))",
        new="path.startswith(_FOR_SITES)",
        noticed_by=(
            f"{_IN_PASSES}test_a_sites_program_has_no_limit_by_address_but_a_wrong_key_has",
        ),
    ),
)
