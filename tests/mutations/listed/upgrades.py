"""What the release before wrote is still read: promises 3, 5 and 9 during an upgrade."""

from tests.mutations.mutation import Mutation

_IN = "integration/test_release_before.py::"
_LATER = (
    "integration/test_later_refusals.py::"
    "test_an_admission_that_a_later_worker_refused_ends_refused_again"
)

MUTATIONS = (
    Mutation(
        name="places_of_the_release_before_are_lost",
        summary="places that 0.2.0 wrote are lost",
        promise=3,
        file="waitroom/redis_io/keys.py",
        within="Keys.waiting",
        old='"waiting"',
        new='"line"',
        noticed_by=(
            f"{_IN}test_everybody_stands_where_they_stood",
            f"{_IN}test_the_line_goes_on_in_its_order_and_newcomers_stand_behind",
            f"{_IN}test_the_order_that_was_drawn_stays",
        ),
    ),
    Mutation(
        name="jobs_of_the_release_before_are_refused",
        summary="jobs that 0.2.0 wrote are refused",
        promise=5,
        file="issuance/queue/job_registry.py",
        within="ISSUE_BATCH",
        old='"issuance.worker.issue_batch"',
        new='"issue_batch"',
        noticed_by=(f"{_IN}test_a_job_that_was_queued_is_done_and_those_under_way_get_theirs",),
    ),
    Mutation(
        name="members_sessions_of_the_release_before_are_forged",
        summary="members' sessions that 0.2.0 wrote are rejected",
        promise=9,
        file="web/auth/sessions.py",
        within="Sessions.__init__",
        old='"waitroom.session"',
        new='"waitroom.session.2"',
        noticed_by=(
            f"{_IN}test_a_member_token_and_a_session_still_sign_in",
            f"{_IN}test_a_session_says_the_same_name",
        ),
    ),
    Mutation(
        name="admins_sessions_of_the_release_before_are_forged",
        summary="admins' sessions that 0.2.0 wrote are rejected",
        promise=9,
        file="web/auth/admin_sessions.py",
        within="AdminSessions.__init__",
        old='"waitroom.admin-session"',
        new='"waitroom.admin-session.2"',
        noticed_by=(f"{_IN}test_an_admins_session_still_signs_in",),
    ),
    Mutation(
        name="tickets_of_the_release_before_are_forged",
        summary="tickets that 0.2.0 wrote are rejected",
        promise=9,
        file="waitroom/tokens/ticket.py",
        within="SALT",
        old='"waitroom.ticket"',
        new='"waitroom.tokens.ticket.2"',
        noticed_by=(
            f"{_IN}test_a_ticket_asks_for_its_place",
            f"{_IN}test_a_ticket_that_was_given_before_the_draw_asks_for_its_place",
            f"{_IN}test_tickets_bring_a_line_back_that_was_lost",
        ),
    ),
    Mutation(
        name="an_unknown_refusal_becomes_sold_out",
        promise=5,
        file="domain/refusals.py",
        within="find_refusal",
        old="REFUSALS.get(slug, Refusal)()",
        new="REFUSALS.get(slug, SoldOut)()",
        noticed_by=(
            "unit/test_refusals.py::test_a_slug_of_a_later_release_is_a_refusal_too",
            _LATER,
        ),
    ),
)
