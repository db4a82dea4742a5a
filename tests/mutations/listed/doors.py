"""Promise 9: tickets, tokens and sessions have a valid signature and belong to their sender."""

from tests.mutations.mutation import Mutation

_IN_ADMIN_SIGNIN = "integration/test_admin_signin.py::"
_IN_ADMIN_WALK = "integration/test_admin_walk.py::"
_IN_API_TICKETS = "integration/test_api_tickets.py::"
_IN_USUAL_TOKEN = "unit/test_fast_jwt.py::"
_IN_VERDICT = "unit/test_token_verdict.py::"
_GENERATED = "integration/test_fast_path_generated.py::"
_AS_THE_FRAMEWORK_READS = "test_an_empty_ticket_is_none_and_spaces_around_a_token_are_no_part_of_it"
_BAD_TICKET = f"{_IN_API_TICKETS}test_a_bad_ticket_is_refused_by_every_call_and_changes_nothing"

MUTATIONS = (
    Mutation(
        name="a_tickets_signature_is_not_checked",
        summary="a ticket's signature is not checked",
        promise=9,
        file="waitroom/tokens/ticket.py",
        within="TicketSigner.verify",
        old="self._serializer.loads(text)",
        new="self._serializer.loads_unsafe(text)[1]",
        noticed_by=(
            "unit/test_ticket.py::test_the_tickets_of_a_removed_secret_are_forged",
            "unit/test_forged.py::test_no_ticket_that_we_did_not_sign_is_accepted",
            _BAD_TICKET,
        ),
    ),
    Mutation(
        name="another_rooms_ticket_is_accepted",
        summary="another room's ticket is accepted",
        promise=9,
        file="waitroom/tokens/ticket.py",
        within="TicketSigner.verify",
        old="if ticket.room != room:\n    raise OtherRoomsTicket",
        new="",
        noticed_by=("unit/test_ticket.py::test_a_ticket_is_for_one_room", _BAD_TICKET),
    ),
    Mutation(
        name="a_strangers_ticket_is_accepted",
        summary="another member's ticket is accepted",
        promise=9,
        file="web/dependencies.py",
        within="checked_ticket",
        old=(
            "if found is not None and found.id != ticket.member_id:\n    raise OtherMembersTicket"
        ),
        new="",
        noticed_by=("integration/test_api_tickets.py::test_a_strangers_ticket_is_of_no_use",),
    ),
    Mutation(
        name="sessions_of_members_and_admins_are_signed_alike",
        promise=9,
        file="web/auth/admin_sessions.py",
        within="AdminSessions.__init__",
        old='"waitroom.admin-session"',
        new='"waitroom.session"',
        noticed_by=("unit/test_forged.py::test_what_was_signed_for_one_purpose_serves_no_other",),
    ),
    Mutation(
        name="a_usual_tokens_signature_is_not_checked",
        summary="the fast path does not verify the signature of a token",
        promise=9,
        file="web/auth/member_tokens.py",
        within="FastJwt._is_ours",
        old="hmac.compare_digest(to_base64url(mac.digest(signed)), signature)",
        new="mac",
        noticed_by=(
            f"{_IN_USUAL_TOKEN}test_a_token_with_any_letter_changed_is_left_to_pyjwt_which_refuses",
            "unit/test_forged.py::test_no_token_that_nobody_here_signed_is_accepted",
        ),
    ),
    Mutation(
        name="a_token_chooses_how_it_is_verified",
        summary="the algorithm is taken from the token",
        promise=9,
        file="web/auth/member_tokens.py",
        within="MemberTokens._by_pyjwt",
        old='["HS256"]',
        new="list(jwt.algorithms.get_default_algorithms())",
        noticed_by=("unit/test_forged.py::test_no_token_that_nobody_here_signed_is_accepted",),
    ),
    Mutation(
        name="any_header_of_a_token_is_plain",
        summary="the fast path ignores `crit` and `b64`",
        promise=9,
        file="web/auth/member_tokens.py",
        within="_is_plain",
        old="fields.keys() <= _PLAIN_FIELDS",
        new="True",
        noticed_by=(f"{_IN_USUAL_TOKEN}test_anything_unusual_is_not_taken",),
    ),
    Mutation(
        name="a_usual_tokens_payload_may_have_stray_signs",
        summary="the fast path accepts invalid base64url",
        promise=9,
        file="web/auth/member_tokens.py",
        within="_claims",
        old="from_json(raw) if to_base64url(raw) == payload else None",
        new="from_json(raw)",
        noticed_by=(
            f"{_IN_USUAL_TOKEN}test_a_payload_that_is_not_as_base64url_writes_it_is_left_to_pyjwt",
            f"{_IN_VERDICT}test_ten_thousand_tokens_have_the_verdict_of_pyjwt",
        ),
    ),
    Mutation(
        name="a_token_for_another_site_is_accepted",
        promise=9,
        file="web/auth/token_claims.py",
        within="ClaimRules._check_audience",
        old="self.audience not in audiences",
        new="not audiences",
        noticed_by=(
            "unit/test_foreign_tokens.py::test_an_audience_that_a_library_wrote_is_found",
            f"{_IN_VERDICT}test_ten_thousand_tokens_have_the_verdict_of_pyjwt",
        ),
    ),
    Mutation(
        name="a_token_from_the_future_is_accepted",
        promise=9,
        file="web/auth/token_claims.py",
        within="ClaimRules.member_id",
        old="now + self.leeway_s",
        new="10 * now",
        noticed_by=(f"{_IN_VERDICT}test_ten_thousand_tokens_have_the_verdict_of_pyjwt",),
    ),
    Mutation(
        name="the_fast_path_reads_a_header_as_it_is",
        summary="the fast path keeps spaces around a token",
        promise=9,
        file="web/auth/member_tokens.py",
        within="bearer_token",
        old='header[len(_SCHEME) :].decode("latin-1").strip()',
        new='header[len(_SCHEME) :].decode("latin-1")',
        noticed_by=(
            f"{_GENERATED}test_the_fast_path_and_the_framework_give_the_same_answers",
            f"unit/test_fast_path_calls.py::{_AS_THE_FRAMEWORK_READS}",
            f"unit/test_fast_path_streams.py::{_AS_THE_FRAMEWORK_READS}",
        ),
    ),
    Mutation(
        name="one_secret_may_serve_two_purposes",
        promise=9,
        file="processes/settings/web.py",
        within="WebSettings._are_secrets_of_their_own",
        old="set(its) & set(others)",
        new="not its",
        noticed_by=("unit/test_settings.py::test_one_secret_for_two_purposes_is_refused",),
    ),
    Mutation(
        name="a_member_id_may_have_quotes",
        promise=9,
        file="domain/member.py",
        within="MEMBER_ID_PATTERN",
        old='rf"^[!#-&(-;=?-\\[\\]-_a-~]{{1,{MEMBER_ID_LENGTH_MAX}}}$"',
        new='rf"^[!-;=?-\\[\\]-_a-~]{{1,{MEMBER_ID_LENGTH_MAX}}}$"',
        noticed_by=(
            "unit/test_member.py::test_each_printable_sign_but_a_few_may_be_in_an_id",
            "integration/test_member_ids.py::test_what_no_id_may_have_is_named_in_the_refusal",
        ),
    ),
    Mutation(
        name="any_token_is_the_admins",
        summary="any bearer token is accepted as the admin token",
        promise=9,
        file="web/dependencies.py",
        within="signed_in_admin",
        old=(
            "if not get_container(request).identity.is_admin(bearer.credentials):\n"
            "    raise Forbidden"
        ),
        new="",
        noticed_by=("integration/test_admin_walk.py::test_nobody_else_gets_in",),
    ),
    Mutation(
        name="an_ended_session_still_counts",
        promise=9,
        file="web/auth/admin_sessions.py",
        within="AdminCache.from_session",
        old="not may_sign_in(account) or not hmac.compare_digest(stamp, _stamp(account))",
        new="not may_sign_in(account)",
        noticed_by=(
            f"{_IN_ADMIN_SIGNIN}test_signing_out_everywhere_ends_every_session_of_that_admin",
        ),
    ),
    Mutation(
        name="another_sites_form_is_carried_out",
        summary="forms of other sites are accepted",
        promise=9,
        file="web/dependencies.py",
        within="refuse_cross_site",
        old=(
            'is_cross_site(headers.get("sec-fetch-site"), headers.get("origin"), '
            'headers.get("host"))'
        ),
        new="False",
        noticed_by=(
            "integration/test_api_sessions.py::test_another_site_can_change_nothing_by_cookie",
            f"{_IN_ADMIN_WALK}test_another_site_changes_nothing_by_an_operators_cookie",
        ),
    ),
    Mutation(
        name="a_viewer_may_change_something",
        promise=9,
        file="web/dependencies.py",
        within="operator",
        old="not found.may_change",
        new="False",
        noticed_by=(
            "integration/test_admin_walk.py::test_a_viewer_may_look_and_changes_nothing",
            f"{_IN_ADMIN_SIGNIN}test_an_operator_may_change_what_a_viewer_may_only_see",
        ),
    ),
    Mutation(
        name="anybodys_coupon_can_be_used",
        summary="a member can use another member's coupon",
        promise=9,
        file="issuance/member_coupons.py",
        within="spend_coupon",
        old="issued_coupons.c.member_id == member_id",
        new="",
        noticed_by=("integration/test_issue.py::test_nobody_uses_somebody_elses_coupon",),
    ),
)
