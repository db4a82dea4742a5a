"""SECURITY.md, of floods: from addresses, from members, and by slow senders."""

from tests.mutations.mutation import Mutation

_IN_ADDRESSES = "unit/test_client_ip.py::"
_IN_FAIR_START = "unit/test_fair_queue.py::"
_IN_FLOODS = "integration/test_floods_and_others.py::"
_IN_LIMITS = "integration/test_limits.py::"
_IN_ROUTES = "integration/test_every_route_is_counted.py::"
_IN_SENDERS = "integration/test_client_ip_limits.py::"
_IN_SERVER_LIMITS = "integration/test_server_limits.py::"
_SPOOFED = f"{_IN_LIMITS}test_behind_a_proxy_each_sender_is_counted_and_spoofing_does_not_help"
_BELIEVED = f"{_IN_ADDRESSES}test_only_proxies_that_are_named_are_believed"

MUTATIONS = (
    Mutation(
        name="requests_of_an_address_are_not_counted",
        promise=7,
        file="web/limits/request_limits.py",
        within="RateLimit.address_at_once",
        old='self._counted("address", f"{share} {who}", most)',
        new="None",
        noticed_by=(
            f"{_IN_LIMITS}test_an_address_is_held_to_its_limit_and_others_are_not",
            f"{_IN_LIMITS}test_everything_a_crowd_asks_for_is_counted",
        ),
    ),
    Mutation(
        name="an_address_is_counted_after_its_token_is_verified",
        promise=7,
        file="web/fast_path/calls.py",
        within="FastCalls.answer",
        old=(
            "if unanswered := self._rate_limit.address_at_once(scope):\n"
            "    await unanswered\n"
            "member_id = self._identity.find_member(asked.token)"
        ),
        new=(
            "member_id = self._identity.find_member(asked.token)\n"
            "if unanswered := self._rate_limit.address_at_once(scope):\n"
            "    await unanswered"
        ),
        noticed_by=(f"{_IN_LIMITS}test_everything_a_crowd_asks_for_is_counted",),
    ),
    Mutation(
        name="each_process_counts_addresses_by_itself",
        promise=7,
        file="waitroom/limits/rate_limiter.py",
        within="RateLimiter._answer",
        old="self._call(KEYS, arguments)",
        new="self._call([f\"{key}:{__import__('os').getpid()}\" for key in KEYS], arguments)",
        noticed_by=(f"{_IN_LIMITS}test_two_web_processes_hold_one_limit",),
    ),
    Mutation(
        name="an_ipv6_address_is_counted_alone",
        summary="each IPv6 address is counted alone, not its /64",
        promise=7,
        file="waitroom/limits/ip_prefix.py",
        within="ip_prefix",
        old="ip[:8] + bytes(8)",
        new="ip",
        noticed_by=(
            f"{_IN_LIMITS}test_the_neighbours_of_an_ipv6_address_are_counted_as_one",
            "unit/test_ip_prefix.py::test_an_ipv6_address_stands_for_its_64",
        ),
    ),
    Mutation(
        name="every_proxy_is_believed",
        promise=7,
        file="web/limits/client_ip.py",
        within="TrustedProxies.trusts",
        old="any(address in network for network in self._trusted)",
        new="True",
        noticed_by=(_BELIEVED, _SPOOFED),
    ),
    Mutation(
        name="a_header_counts_where_no_proxy_is_named",
        promise=7,
        file="web/limits/client_ip.py",
        within="TrustedProxies.__init__",
        old="self._any = words == [ANY]",
        new="self._any = words in ([ANY], [])\nwords = words or [ANY]",
        noticed_by=(
            f"{_IN_LIMITS}test_a_header_that_nobody_vouches_for_is_ignored",
            _BELIEVED,
        ),
    ),
    Mutation(
        name="forwarded_addresses_are_read_from_the_front",
        promise=7,
        file="web/limits/client_ip.py",
        within="TrustedProxies.client_address",
        old="hops[: -_HOPS_MAX - 1 : -1]",
        new="hops",
        noticed_by=(_BELIEVED, _SPOOFED),
    ),
    Mutation(
        name="requests_of_a_member_are_not_counted",
        promise=7,
        file="web/limits/request_limits.py",
        within="RateLimit.member_at_once",
        old='self._counted("member", f"m {member_id}", most)',
        new="None",
        noticed_by=(
            f"{_IN_LIMITS}test_a_member_has_a_limit_of_their_own_wherever_they_come_from",
            f"{_IN_LIMITS}test_a_members_pages_count_as_well",
        ),
    ),
    Mutation(
        name="any_number_of_streams_of_one_address_may_be_open",
        promise=7,
        file="web/limits/request_limits.py",
        within="RateLimit.stream",
        old="limits.address_streams_share",
        new="0",
        noticed_by=(f"{_IN_LIMITS}test_streams_of_one_address_are_bounded",),
    ),
    Mutation(
        name="any_number_of_streams_of_one_member_may_be_open",
        promise=7,
        file="web/limits/request_limits.py",
        within="RateLimit.stream",
        old="limits.member_streams_share",
        new="0",
        noticed_by=(f"{_IN_ROUTES}test_too_many_streams_of_one_member_are_refused",),
    ),
    Mutation(
        name="only_lines_are_counted",
        promise=7,
        file="web/fast_path/too_many_requests.py",
        within="RateLimitedResponses.__call__",
        old='scope["type"] == "http"',
        new='scope["type"] == "http" and "/rooms/" in scope["path"]',
        noticed_by=(
            f"{_IN_ROUTES}test_a_stranger_who_floods_it_is_refused",
            f"{_IN_ROUTES}test_a_member_who_floods_it_from_everywhere_is_refused",
            f"{_IN_ROUTES}test_a_wrong_key_counts_against_its_address",
        ),
    ),
    Mutation(
        name="admins_are_counted_with_their_address",
        promise=7,
        file="web/fast_path/too_many_requests.py",
        within="RateLimitedResponses._admit",
        old="_may_be_admins(scope)",
        new="False",
        noticed_by=(f"{_IN_ROUTES}test_an_admin_and_the_other_shares_are_served_beside_a_flood",),
    ),
    Mutation(
        name="all_that_wait_for_a_count_begin_at_once",
        summary="requests that waited for their count all start at once",
        promise=7,
        file="web/fast_path/too_many_requests.py",
        within="RateLimitedResponses._admit",
        old="await unanswered\nawait _take(turn)",
        new="await unanswered",
        noticed_by=("integration/test_one_request_a_turn.py::test_a_members",),
    ),
    Mutation(
        name="pages_take_a_step_in_every_turn",
        promise=7,
        file="web/limits/fair_queue.py",
        within="FairQueue._next_turn",
        old="not self._rests",
        new="True",
        noticed_by=(
            f"{_IN_FAIR_START}test_what_all_of_them_wait_for_wakes_one_at_a_time_and_others_in_between",
        ),
    ),
    Mutation(
        name="all_that_wait_for_a_store_go_on_at_once",
        summary="requests that waited for a store all continue at once",
        promise=7,
        file="web/limits/fair_queue.py",
        within="_Stepwise.__await__",
        old="self._turn()",
        new="None",
        noticed_by=(
            f"{_IN_FAIR_START}test_what_all_of_them_wait_for_wakes_one_at_a_time_and_others_in_between",
        ),
    ),
    Mutation(
        name="a_cancelled_request_is_not_told",
        summary="cancelling a queued request has no effect",
        promise=8,
        file="web/limits/fair_queue.py",
        within="_Stepwise.__await__",
        old="partial(steps.throw, error)",
        new="steps.__next__",
        noticed_by=(
            f"{_IN_FAIR_START}test_a_request_that_is_cancelled_before_its_turn_learns_of_it",
        ),
    ),
    Mutation(
        name="refusals_are_answered_at_once",
        promise=7,
        file="web/limits/request_limits.py",
        within="RateLimit.hold_back",
        old="self._pace.wait_s()",
        new="0.0",
        noticed_by=(f"{_IN_FLOODS}test_refusals_are_held_back_and_others_are_not",),
    ),
    Mutation(
        name="requests_begin_in_the_order_in_which_they_came",
        promise=7,
        file="web/limits/fair_queue.py",
        within="FairQueue.turn",
        old="waiting.setdefault(sender, deque())",
        new='waiting.setdefault("", deque())',
        noticed_by=(
            f"{_IN_FAIR_START}test_one_who_sends_many_does_not_keep_others_waiting",
            f"{_IN_FLOODS}test_a_visitor_does_not_wait_for_the_end_of_a_flood",
        ),
    ),
    Mutation(
        name="admins_begin_behind_a_crowd",
        promise=7,
        file="web/limits/fair_queue.py",
        within="FairQueue.turn",
        old="loop, waiting = asyncio.get_running_loop(), self._waiting[first]",
        new="loop, waiting = asyncio.get_running_loop(), self._waiting[first := False]",
        noticed_by=(
            f"{_IN_FAIR_START}test_who_goes_first_waits_for_no_crowd",
            f"{_IN_FLOODS}test_admins_and_health_checks_do_not_wait_for_a_crowd",
        ),
    ),
    Mutation(
        name="admins_wait_behind_members",
        promise=7,
        file="application/priority_semaphore.py",
        within="PrioritySemaphore.release",
        old="(self._waiting[True], self._waiting[False])",
        new="(self._waiting[False], self._waiting[True])",
        noticed_by=(f"{_IN_ROUTES}test_who_goes_first_passes_all_who_wait",),
    ),
    Mutation(
        name="an_unnamed_proxy_is_exempt",
        promise=7,
        file="web/limits/request_limits.py",
        within="RateLimit._resolve",
        old="not is_unnamed_proxy and self._is_exempt(address)",
        new="self._is_exempt(address)",
        noticed_by=(
            f"{_IN_SENDERS}test_a_proxy_that_nobody_named_is_one_sender_even_where_it_would_be_exempt",
        ),
    ),
    Mutation(
        name="what_cannot_be_read_has_no_limit",
        summary="senders without a readable address have no limit",
        promise=7,
        file="web/limits/request_limits.py",
        within="RateLimit._resolve",
        old="UNREADABLE, False",
        new="UNREADABLE, True",
        noticed_by=(f"{_IN_SENDERS}test_all_nonsense_is_one_sender",),
    ),
    Mutation(
        name="headers_may_come_as_slowly_as_they_like",
        promise=7,
        file="processes/http/server.py",
        within="run_server",
        old="header_read_timeout=headers_within_ms",
        new="header_read_timeout=10 * headers_within_ms",
        noticed_by=(f"{_IN_SERVER_LIMITS}test_headers_that_come_by_the_letter_are_not_waited_for",),
    ),
    Mutation(
        name="headers_may_be_as_long_as_they_like",
        promise=7,
        file="processes/http/server.py",
        within="run_server",
        old="max_buffer_size=HEADERS_BYTES_MAX",
        new="max_buffer_size=100 * HEADERS_BYTES_MAX",
        noticed_by=(f"{_IN_SERVER_LIMITS}test_what_is_too_long_or_no_request_is_refused",),
    ),
    Mutation(
        name="a_body_may_come_as_slowly_as_it_likes",
        promise=7,
        file="web/middleware/security.py",
        within="BodyLimit._counted.counted",
        old="asyncio.wait_for(receive(), self._within_s)",
        new="receive()",
        noticed_by=(f"{_IN_SERVER_LIMITS}test_a_body_that_never_comes_is_refused",),
    ),
    Mutation(
        name="a_refused_request_is_counted_as_unmatched",
        promise=7,
        file="web/fast_path/too_many_requests.py",
        within="RateLimitedResponses.refuse",
        old="call = self._routes.find_call(scope)",
        new="call = UNMATCHED",
        uses={"web/middleware/access_log.py": "UNMATCHED"},
        noticed_by=(
            "integration/test_every_route_is_counted.py::test_a_stranger_who_floods_it_is_refused",
        ),
    ),
)
