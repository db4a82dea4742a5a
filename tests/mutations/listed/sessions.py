"""Promise 9: hand-over links and sessions are valid once, for one member, until they end."""

from tests.mutations.mutation import Mutation

_IN_COOKIES = "integration/test_cookies.py::"
_IN_HAND_OVER = "integration/test_hand_over.py::"
_IN_MEMBER_SESSIONS = "integration/test_member_sessions.py::"
_IN_SESSIONS = "unit/test_sessions.py::"
_IN_SIGN_OUT = "integration/test_sign_out.py::"
_LOOKS = f"{_IN_HAND_OVER}test_who_only_looks_at_a_link_is_not_signed_in_and_does_not_spend_it"

MUTATIONS = (
    Mutation(
        name="a_used_link_works_again",
        promise=9,
        file="waitroom/lua/begin_session.lua",
        old="if redis.call('GET', KEYS[3]) ~= ARGV[2] then return '' end",
        new="",
        noticed_by=(
            f"{_IN_HAND_OVER}test_a_link_works_once",
            f"{_IN_MEMBER_SESSIONS}test_of_many_who_use_one_token_at_once_one_is_signed_in",
        ),
    ),
    Mutation(
        name="a_link_is_known_by_how_it_is_written",
        summary="a re-encoded link counts as a new one",
        promise=9,
        file="web/auth/hand_over.py",
        within="_display_name",
        old='token.rpartition(".")[0]',
        new="token",
        noticed_by=(f"{_IN_HAND_OVER}test_a_link_written_another_way_is_still_the_same_link",),
    ),
    Mutation(
        name="a_link_replaces_a_member_without_a_question",
        promise=9,
        file="web/pages/member/hand_over.py",
        within="handed_over",
        old="who is not None and who.id != found.visitor.id",
        new="False",
        noticed_by=(
            f"{_IN_HAND_OVER}test_a_link_for_somebody_else_asks_before_it_replaces_a_member",
        ),
    ),
    Mutation(
        name="another_site_may_answer_the_question",
        promise=9,
        file="web/pages/member/hand_over.py",
        within="answer_question",
        old="refuse_cross_site(request)",
        new="",
        noticed_by=(f"{_IN_HAND_OVER}test_another_site_cannot_answer_the_question",),
    ),
    Mutation(
        name="a_preview_uses_a_link",
        promise=9,
        file="web/pages/member/hand_over.py",
        within="handed_over",
        old="not is_followed(request)",
        new="False",
        noticed_by=(_LOOKS, f"{_IN_HAND_OVER}test_head_does_not_spend_a_link"),
    ),
    Mutation(
        name="a_prefetch_uses_a_link",
        promise=9,
        file="web/pages/member/hand_over.py",
        within="handed_over",
        old="is_prefetch(request)",
        new="False",
        noticed_by=(_LOOKS,),
    ),
    Mutation(
        name="an_old_link_hides_a_session",
        promise=9,
        file="web/pages/member/hand_over.py",
        within="_refused",
        old="if who is None:\n    raise error",
        new="raise error",
        noticed_by=(
            f"{_IN_HAND_OVER}test_an_expired_link_for_the_same_member_goes_on",
            f"{_IN_HAND_OVER}test_an_expired_link_for_another_member_says_who_is_signed_in",
        ),
    ),
    Mutation(
        name="an_accepted_token_never_ends",
        promise=9,
        file="web/auth/member_tokens.py",
        within="MemberTokens.find_member",
        old="accepted_s <= self._now() < ends_s",
        new="True",
        noticed_by=("unit/test_member_tokens.py::test_a_token_accepted_before_ends_when_it_says",),
    ),
    Mutation(
        name="a_session_that_was_signed_out_is_read",
        promise=9,
        file="web/auth/sessions.py",
        within="Sessions.is_over",
        old=(
            "now_s >= visitor.until_s or now_s >= visitor.signed_in_us / 1_000_000 + "
            "self.age_max_s or self.ended.covers(visitor.id, visitor.signed_in_us)"
        ),
        new=(
            "now_s >= visitor.until_s or now_s >= visitor.signed_in_us / 1_000_000 + self.age_max_s"
        ),
        noticed_by=(
            f"{_IN_SIGN_OUT}test_signing_out_here_ends_the_session_there",
            f"{_IN_SIGN_OUT}test_a_copied_cookie_works_until_its_session_ends",
            f"{_IN_SESSIONS}test_an_end_covers_all_that_began_until_then_and_nothing_later",
        ),
    ),
    Mutation(
        name="signing_out_ends_one_browsers_session_alone",
        summary="signing out ends only one browser's session",
        promise=9,
        file="web/pages/member/signin.py",
        within="sign_out",
        old="await get_session_watch(request).sign_out(who)",
        new="pass",
        noticed_by=(f"{_IN_SIGN_OUT}test_signing_out_here_ends_the_session_there",),
    ),
    Mutation(
        name="other_processes_never_read_who_signed_out",
        summary="other processes do not read sign-outs",
        promise=9,
        file="web/sse/session_watch.py",
        within="SessionWatch.run_once",
        old="await self._sessions.ended.refresh(self._line.sessions)",
        new="False",
        noticed_by=(
            f"{_IN_SIGN_OUT}test_another_process_ends_the_session_when_it_looks",
            f"{_IN_SIGN_OUT}test_a_process_that_starts_later_ends_it_too",
        ),
    ),
    Mutation(
        name="a_stream_goes_on_after_its_session",
        promise=9,
        file="web/sse/room_broadcast.py",
        within="RoomBroadcast.end_sessions",
        old="stream.session is not None and is_over(stream.session)",
        new="False",
        noticed_by=(
            f"{_IN_SIGN_OUT}test_the_streams_of_a_session_end_with_it",
            f"{_IN_SIGN_OUT}test_a_stream_ends_with_the_time_of_its_session",
        ),
    ),
    Mutation(
        name="ends_that_redis_lost_stay_lost",
        summary="sign-outs that Redis lost are not written back",
        promise=9,
        file="web/auth/ended_sessions.py",
        within="EndedSessions.refresh",
        old="await store.restore(self._ended)",
        new="pass",
        noticed_by=(
            f"{_IN_MEMBER_SESSIONS}test_what_redis_has_lost_is_given_back_by_who_knows_it",
        ),
    ),
    Mutation(
        name="any_number_of_ended_sessions_is_kept",
        promise=7,
        file="waitroom/lua/end_sessions.lua",
        old="if surplus > 0",
        new="if false",
        noticed_by=(f"{_IN_MEMBER_SESSIONS}test_beyond_the_bound_the_oldest_sessions_of_all_end",),
    ),
    Mutation(
        name="what_the_token_says_of_the_sessions_end_is_ignored",
        summary="the claim session_until is ignored",
        promise=9,
        file="web/auth/sessions.py",
        within="Sessions.begin",
        old="ends_s = min(ends_s, int(until_s))",
        new="pass",
        noticed_by=(
            f"{_IN_SESSIONS}test_a_session_lasts_its_age_or_until_the_token_said_the_sooner",
            f"{_IN_HAND_OVER}test_a_session_lasts_until_the_token_says",
        ),
    ),
    Mutation(
        name="other_hosts_may_set_our_cookies",
        summary="other hosts may set waitroom's cookies",
        promise=9,
        file="web/auth/cookies.py",
        within="cookie_name",
        old="HOST_PREFIX + base if secure else base",
        new="base",
        noticed_by=(
            f"{_IN_COOKIES}test_by_tls_every_cookie_is_of_this_host_alone",
            f"{_IN_SESSIONS}test_by_tls_a_name_that_another_host_can_set_replaces_nobody",
        ),
    ),
    Mutation(
        name="a_shop_can_sign_sessions",
        promise=9,
        file="processes/http/container.py",
        within="_make_sessions",
        old=(
            "Sessions(settings.TICKET_SECRETS, "
            "old_secrets=settings.MEMBER_TOKEN_SECRETS, "
            "age_max_s=settings.SESSION_AGE_MAX_S, now=clock.now_s)"
        ),
        new=(
            "Sessions(settings.MEMBER_TOKEN_SECRETS, "
            "old_secrets=settings.MEMBER_TOKEN_SECRETS, "
            "age_max_s=settings.SESSION_AGE_MAX_S, now=clock.now_s)"
        ),
        noticed_by=("integration/test_session_processes.py::test_a_shops_secret_signs_no_session",),
    ),
    Mutation(
        name="refused_cookies_are_not_noticed",
        promise=8,
        file="web/pages/member/arrival.py",
        within="arrived",
        old="who is None",
        new="False",
        noticed_by=(
            f"{_IN_COOKIES}test_a_browser_that_refuses_cookies_is_told_so_and_not_sent_round",
        ),
    ),
    Mutation(
        name="a_browser_keeps_any_number_of_tickets",
        promise=7,
        file="web/enter_line.py",
        within="_forget_oldest_tickets",
        old="others[: max(0, len(others) + 1 - TICKETS_KEPT_MAX)]",
        new="others[:0]",
        noticed_by=(
            f"{_IN_COOKIES}test_a_browser_by_tls_keeps_a_few_tickets_and_forgets_the_oldest",
        ),
    ),
    Mutation(
        name="a_session_seen_before_never_ends",
        summary="a cached session is not checked again",
        promise=9,
        file="web/auth/sessions.py",
        within="Sessions.verify",
        old="self.is_over(visitor)",
        new="find is not self._known and self.is_over(visitor)",
        noticed_by=(
            f"{_IN_SESSIONS}test_a_session_seen_before_still_ends_and_is_verified_once",
            f"{_IN_SESSIONS}test_an_end_covers_all_that_began_until_then_and_nothing_later",
        ),
    ),
    Mutation(
        name="a_page_for_a_session_is_public",
        summary="caches may keep a page that was sent to a session",
        promise=9,
        file="web/cache/public_page.py",
        within="is_public",
        old="any(map(_is_personal, cookie_names))",
        new="False",
        noticed_by=(
            "unit/test_public_page.py::test_an_answer_to_a_personal_cookie_is_private",
            "integration/test_public_pages.py::test_a_member_never_gets_a_public_page",
        ),
    ),
)
