"""Promise 7: room size, rate, burst, seats, batch, backlog, pool, body size, token age."""

from tests.mutations.mutation import Mutation

_IN_ADMIN_SIGNIN = "integration/test_admin_signin.py::"
_IN_ADMITTER = "integration/test_admitter.py::"
_IN_API_BAD_REQUESTS = "integration/test_api_bad_requests.py::"
_IN_API_TICKETS = "integration/test_api_tickets.py::"
_IN_AUTOPILOT = "integration/test_autopilot.py::"
_IN_BATCHER = "unit/test_batcher.py::"
_IN_LINE_ADMIT = "integration/test_line_admit.py::"
_RATE = "integration/test_line_admit.py::test_the_rate_is_kept_on_redis_own_clock"

MUTATIONS = (
    Mutation(
        name="the_rate_is_not_kept",
        promise=7,
        file="waitroom/lua/admit.lua",
        old="at_most(bucket.tokens, 'rate')",
        new="",
        noticed_by=(_RATE,),
    ),
    Mutation(
        name="each_process_has_a_bucket_of_its_own",
        promise=7,
        file="waitroom/line.py",
        within="Line.admit",
        old='Keys(code).for_script("admit")',
        new=(
            '[f"{k}:{__import__(\'os\').getpid()}" if k.endswith("bucket") else '
            'k for k in Keys(code).for_script("admit")]'
        ),
        noticed_by=(
            f"{_IN_ADMITTER}test_two_admitters_at_once_keep_to_one_rate_and_never_admit_anybody_twice",
        ),
    ),
    Mutation(
        name="a_pause_saves_up_for_more_than_a_burst",
        summary="tokens accumulate beyond the burst",
        promise=7,
        file="waitroom/lua/include/bucket.lua",
        old="math.min(capacity, tokens + elapsed_s * room.rate_per_s)",
        new="tokens + elapsed_s * room.rate_per_s",
        noticed_by=(
            "integration/test_line_admit.py::test_after_a_pause_a_burst_is_let_through_and_no_more",
        ),
    ),
    Mutation(
        name="the_autopilot_may_leave_its_bounds",
        promise=7,
        file="waitroom/lua/admit.lua",
        old=(
            "math.min(math.max(tonumber(v[10]) or room.rate_per_s, room.rate_min_per_s),\n"
            "    room.rate_max_per_s)"
        ),
        new="tonumber(v[10]) or room.rate_per_s",
        noticed_by=(
            f"{_IN_AUTOPILOT}test_people_are_let_through_at_the_steered_rate_within_the_bounds",
        ),
    ),
    Mutation(
        name="the_seats_are_not_kept",
        promise=7,
        file="waitroom/lua/admit.lua",
        old="at_most(room.seats - under_way, 'seats')",
        new="",
        noticed_by=(
            "integration/test_line_admit.py::test_no_more_are_under_way_than_there_are_seats",
        ),
    ),
    Mutation(
        name="more_are_let_through_than_the_office_takes",
        summary="more members are admitted than the queue has room for",
        promise=7,
        file="waitroom/lua/admit.lua",
        old="at_most(tonumber(ARGV[1]), 'destination')",
        new="",
        noticed_by=(
            f"{_IN_LINE_ADMIT}test_no_more_are_let_through_than_the_destination_takes",
            "integration/test_admitter.py::test_seats_are_counted_before_anybody_is_let_through",
        ),
    ),
    Mutation(
        name="a_room_is_never_full",
        promise=7,
        file="waitroom/lua/enter.lua",
        old="if size >= room.size_max then return refuse_entry('room_full') end",
        new="",
        noticed_by=(
            "integration/test_line.py::test_a_full_room_takes_no_more_until_somebody_leaves",
        ),
    ),
    Mutation(
        name="a_setting_may_be_anything",
        promise=7,
        file="domain/settings_spec.py",
        within="RoomSetting.check",
        old="not self.least <= float(value) <= self.most",
        new="False",
        noticed_by=(
            "unit/test_room_settings.py::test_a_setting_out_of_its_bounds_is_refused_by_name",
        ),
    ),
    Mutation(
        name="the_api_takes_any_number_for_a_setting",
        summary="the API accepts any number for a setting",
        promise=7,
        file="web/schemas/room_fields.py",
        within="_field",
        old="le=setting.most",
        new="le=1e12",
        noticed_by=(
            "unit/test_settings_spec.py::test_the_api_has_the_same_bounds_and_explains_it",
        ),
    ),
    Mutation(
        name="the_backlog_has_no_end",
        promise=7,
        file="issuance/queue/job_queue.py",
        within="JobQueue.free_capacity",
        old="max(0, self._limits.backlog_max - backlog)",
        new="self._limits.backlog_max",
        noticed_by=(
            "integration/test_job_queue.py::test_the_desk_takes_what_fits_into_its_backlog_and_no_more",
        ),
    ),
    Mutation(
        name="a_batch_has_no_end",
        promise=7,
        file="issuance/queue/job_queue.py",
        within="JobQueue.enqueue",
        old="self._limits.batch_max",
        new="max(1, len(members))",
        noticed_by=(
            "integration/test_job_queue.py::test_people_are_handed_on_in_their_order_a_batch_a_job",
        ),
    ),
    Mutation(
        name="any_number_may_wait_for_the_next_batch",
        promise=7,
        file="waitroom/batcher.py",
        within="Batcher.submit",
        old="if len(self._pending) >= self._pending_max:\n    raise LineBusy",
        new="",
        noticed_by=(
            f"{_IN_BATCHER}test_beyond_its_limit_it_says_that_it_is_busy_and_serves_the_others",
        ),
    ),
    Mutation(
        name="a_body_may_declare_any_size",
        promise=7,
        file="web/middleware/security.py",
        within="BodyLimit.__call__",
        old="declared.isdigit() and int(declared) > self._bytes_max",
        new="False",
        noticed_by=(
            f"{_IN_API_BAD_REQUESTS}test_a_body_that_declares_itself_too_large_is_refused",
        ),
    ),
    Mutation(
        name="a_body_may_turn_out_any_size",
        promise=7,
        file="web/middleware/security.py",
        within="BodyLimit._counted.counted",
        old="if came > self._bytes_max:\n    raise BodyTooLarge(self._bytes_max)",
        new="",
        noticed_by=(
            "integration/test_api_bad_requests.py::test_a_body_that_turns_out_too_large_is_refused",
        ),
    ),
    Mutation(
        name="any_number_of_streams_may_be_open",
        promise=7,
        file="web/sse/connections.py",
        within="StreamConnections.refuse_if_full",
        old="self.open >= self._streams_max",
        new="self.open < 0",
        noticed_by=(
            "integration/test_api_sse.py::test_too_many_streams_are_refused_until_one_is_free",
        ),
    ),
    Mutation(
        name="a_ticket_is_good_for_ever",
        promise=7,
        file="waitroom/tokens/ticket.py",
        within="TicketSigner.verify",
        old="if age_s > self._age_max_s:\n    raise ExpiredTicket",
        new="",
        noticed_by=(
            "unit/test_ticket.py::test_a_ticket_that_is_too_old_has_expired",
            f"{_IN_API_TICKETS}test_a_ticket_that_is_too_old_keeps_nobody_from_entering",
        ),
    ),
    Mutation(
        name="a_member_token_is_good_for_ever",
        promise=7,
        file="web/auth/token_claims.py",
        within="ClaimRules.member_id",
        old="expires <= now - self.leeway_s",
        new="not expires",
        noticed_by=(
            "unit/test_token_verdict.py::test_ten_thousand_tokens_have_the_verdict_of_pyjwt",
            "unit/test_member_tokens.py::test_a_token_ends_when_it_says",
        ),
    ),
    Mutation(
        name="a_member_token_may_end_in_milliseconds",
        promise=7,
        file="web/auth/token_claims.py",
        within="ClaimRules.member_id",
        old="expires > now + EXPIRES_WITHIN_S",
        new="not expires",
        noticed_by=(
            "unit/test_foreign_tokens.py::test_an_exp_in_milliseconds_is_refused_with_the_unit",
            "unit/test_token_verdict.py::test_ten_thousand_tokens_have_the_verdict_of_pyjwt",
        ),
    ),
    Mutation(
        name="passwords_may_be_guessed_at_any_rate",
        promise=7,
        file="waitroom/lua/start_attempt.lua",
        old="if wait > 0 then return wait end",
        new="",
        noticed_by=(
            f"{_IN_ADMIN_SIGNIN}test_ten_wrong_passwords_slow_down_the_eleventh_even_if_right",
            f"{_IN_ADMIN_SIGNIN}test_many_names_from_one_address_are_slowed_down_too",
        ),
    ),
)
