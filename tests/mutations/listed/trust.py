"""SECURITY.md, of forged sessions, foreign scripts, dependencies and logs."""

from tests.mutations.mutation import Mutation

_AUDIT = "integration/test_audit.py::test_a_package_that_is_known_to_be_vulnerable_fails_it"
_IN_API_SESSIONS = "integration/test_api_sessions.py::"
_IN_IDENTITY = "unit/test_member_tokens.py::"
_IN_INSTALL = "unit/test_install.py::"
_IN_RECONCILE = "integration/test_reconcile.py::"
_IN_SAFE_ANSWERS = "integration/test_safe_answers.py::"
_IN_TEMPLATES = "unit/test_templates.py::"
_KEPT_FROM_SCRIPTS = (
    f"{_IN_API_SESSIONS}test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites"
)
_OF_THIS_HOST = "integration/test_cookies.py::test_by_tls_every_cookie_is_of_this_host_alone"
_LASTS = "unit/test_sessions.py::test_a_session_lasts_its_age_or_until_the_token_said_the_sooner"

MUTATIONS = (
    Mutation(
        name="a_ticket_is_enough_to_enter",
        promise=9,
        file="web/api/rooms.py",
        within="enter_room",
        old="who: SignedIn",
        new="holder: InLine",
        noticed_by=("integration/test_api_tickets.py::test_a_ticket_is_not_enough_to_enter",),
    ),
    Mutation(
        name="a_token_may_leave_out_when_it_ends",
        promise=9,
        file="web/auth/token_claims.py",
        within="ClaimRules.member_id",
        old='claims.get("exp")',
        new='claims.get("exp", int(now))',
        noticed_by=(f"{_IN_IDENTITY}test_a_token_that_leaves_out_what_it_must_say_is_refused",),
    ),
    Mutation(
        name="a_token_may_name_anything_as_its_member",
        promise=9,
        file="web/auth/token_claims.py",
        within="_member_id",
        old="check_member_id(found)",
        new="pass",
        noticed_by=(f"{_IN_IDENTITY}test_a_sub_that_is_no_member_id_is_refused",),
    ),
    Mutation(
        name="any_name_signs_in_outside_the_demo",
        promise=9,
        file="web/pages/member/signin.py",
        within="sign_in_with_a_name",
        old="not get_container(request).demo",
        new="False",
        noticed_by=(
            "integration/test_pages_signin.py::test_outside_the_demo_nobody_signs_in_with_a_name",
        ),
    ),
    Mutation(
        name="other_sites_may_send_the_session",
        promise=9,
        file="web/auth/cookies.py",
        within="set_cookie",
        old="samesite=samesite",
        new='samesite="none"',
        noticed_by=(_KEPT_FROM_SCRIPTS,),
    ),
    Mutation(
        name="scripts_may_read_the_session",
        promise=9,
        file="web/auth/cookies.py",
        within="set_cookie",
        old=(
            'response.set_cookie(name, value, max_age=age_max_s, path="/" if secure else '
            "path, secure=secure, httponly=True, samesite=samesite)"
        ),
        new=(
            'response.set_cookie(name, value, max_age=age_max_s, path="/" if secure else '
            "path, secure=secure, httponly=False, samesite=samesite)"
        ),
        noticed_by=(_KEPT_FROM_SCRIPTS,),
    ),
    Mutation(
        name="the_session_is_sent_without_tls",
        summary="the session is sent without TLS",
        promise=9,
        file="web/auth/cookies.py",
        within="set_cookie",
        old=(
            'response.set_cookie(name, value, max_age=age_max_s, path="/" if secure else '
            "path, secure=secure, httponly=True, samesite=samesite)"
        ),
        new=(
            'response.set_cookie(name, value, max_age=age_max_s, path="/" if secure else '
            "path, secure=False, httponly=True, samesite=samesite)"
        ),
        noticed_by=(_OF_THIS_HOST,),
    ),
    Mutation(
        name="browsers_are_not_told_to_keep_to_tls",
        summary="HSTS is not sent",
        promise=9,
        file="web/middleware/security.py",
        within="OnlyByTls.__call__.send_with_it",
        old='[*message["headers"], HSTS]',
        new='[*message["headers"]]',
        noticed_by=(f"{_IN_SAFE_ANSWERS}test_every_answer_is_safe",),
    ),
    Mutation(
        name="a_session_never_ends",
        promise=9,
        file="web/auth/sessions.py",
        within="Sessions.is_over",
        old=(
            "now_s >= visitor.until_s or now_s >= visitor.signed_in_us / 1_000_000 + "
            "self.age_max_s or self.ended.covers(visitor.id, visitor.signed_in_us)"
        ),
        new="self.ended.covers(visitor.id, visitor.signed_in_us)",
        noticed_by=(
            _LASTS,
            f"{_IN_API_SESSIONS}test_a_session_ends_after_its_time",
        ),
    ),
    Mutation(
        name="other_sites_may_frame_our_pages",
        summary="other sites may frame waitroom's pages",
        promise=9,
        file="web/middleware/security.py",
        within="HEADERS",
        old=(
            "\"default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors "
            "'none'; object-src 'none'\""
        ),
        new="\"default-src 'self'; base-uri 'none'; form-action 'self'; object-src 'none'\"",
        noticed_by=(f"{_IN_SAFE_ANSWERS}test_the_policy_lets_nothing_in",),
    ),
    Mutation(
        name="pages_run_scripts_that_stand_in_them",
        summary="inline scripts run",
        promise=9,
        file="web/middleware/security.py",
        within="HEADERS",
        old=(
            "\"default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors "
            "'none'; object-src 'none'\""
        ),
        new=(
            "\"default-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'self'; "
            "frame-ancestors 'none'; object-src 'none'\""
        ),
        noticed_by=(f"{_IN_SAFE_ANSWERS}test_the_policy_lets_nothing_in",),
    ),
    Mutation(
        name="templates_do_not_escape",
        promise=9,
        file="web/pages/render.py",
        within="environment",
        old="select_autoescape()",
        new="False",
        noticed_by=(
            f"{_IN_TEMPLATES}test_what_others_wrote_is_shown_and_never_run",
            f"{_IN_TEMPLATES}test_a_members_name_is_shown_and_never_run",
        ),
    ),
    Mutation(
        name="anything_is_a_logo",
        summary="any file is accepted as a logo",
        promise=9,
        file="domain/branding.py",
        within="Logo.__post_init__",
        old="self._type is None",
        new="False",
        noticed_by=("unit/test_branding.py::test_what_is_no_small_picture_is_no_logo",),
    ),
    Mutation(
        name="what_was_told_without_a_row_is_not_found",
        summary="an outcome without a row in Postgres is not found",
        promise=4,
        file="application/reconcile.py",
        within="Reconciliation._find_told_without_row",
        old="found.update(dict.fromkeys(told_without_row(some, held)))",
        new="",
        noticed_by=(
            f"{_IN_RECONCILE}test_who_was_told_without_a_row_is_fed_again_and_gets_one",
            f"{_IN_RECONCILE}test_an_admin_reads_the_findings",
        ),
    ),
    Mutation(
        name="what_was_told_without_a_row_is_not_mended",
        summary="an outcome without a row in Postgres is not repaired",
        promise=4,
        file="application/reconcile.py",
        within="Reconciliation.repair_found",
        old="await self.line.audit.retract(self.code, untrue)",
        new="",
        noticed_by=(f"{_IN_RECONCILE}test_who_was_told_without_a_row_is_fed_again_and_gets_one",),
    ),
    Mutation(
        name="packages_are_not_held_to_their_hash_by_pip",
        summary="pip does not check the hash of packages",
        promise=9,
        file="requirements/install.py",
        within="main",
        old='"--require-hashes"',
        new="",
        noticed_by=(f"{_IN_INSTALL}test_whoever_brings_a_package_holds_it_to_its_hash",),
    ),
    Mutation(
        name="packages_are_not_held_to_their_hash_by_uv",
        summary="uv does not check the hash of packages",
        promise=9,
        file="requirements/install.py",
        within="_with_uv",
        old='["--python", sys.executable, "--require-hashes", "-r", str(HERE / name)]',
        new='["--python", sys.executable, "-r", str(HERE / name)]',
        noticed_by=(f"{_IN_INSTALL}test_whoever_brings_a_package_holds_it_to_its_hash",),
    ),
    Mutation(
        name="a_known_vulnerability_fails_nothing",
        promise=9,
        file=".ci/audit.py",
        within="verdict",
        old="1 if found else 0",
        new="0",
        noticed_by=(_AUDIT,),
    ),
    Mutation(
        name="the_log_has_the_settings",
        summary="settings are logged",
        promise=9,
        file="processes/web.py",
        within="make_app.lifespan",
        old='"serving"',
        new="str(dict(os.environ))",
        noticed_by=("integration/test_logs.py::test_no_log_has_a_secret_or_a_members_token",),
    ),
    Mutation(
        name="the_log_has_the_query_of_an_address",
        summary="query strings are logged",
        promise=9,
        file="web/exception_handlers.py",
        within="add_error_handlers.answer",
        old="request.url.path",
        new='f"{request.url.path}?{request.url.query}"',
        noticed_by=(
            "integration/test_api_errors.py::test_the_log_names_the_path_but_not_who_asked",
        ),
    ),
)
