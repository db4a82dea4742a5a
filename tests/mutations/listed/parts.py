"""Promise 8: a failing part is reported, and nothing is lost."""

from tests.mutations.mutation import Mutation

_IN_API_AWAY = "integration/test_api_unavailable.py::"
_IN_API_ROOMS = "integration/test_api_rooms.py::"
_IN_OUTAGES = "integration/test_outages.py::"
_IN_PHASES = "integration/test_phase_agreement.py::"
_IN_PROBES = "integration/test_store_probes.py::"
_IN_SESSION = "integration/test_session_settings.py::"
_IN_LOOPS = "integration/test_loops.py::"
_IN_STOP = "integration/test_stop_while_stores_are_away.py::"
_IN_SIGNALS = "integration/test_worker_signals.py::"
_IN_RESTART = "integration/test_rolling_restart.py::"
_IN_SERVED = "integration/test_sse_served.py::"
_IN_SILENT = "integration/test_silent_postgres.py::"
MUTATIONS = (
    Mutation(
        name="a_postgres_that_never_answers_is_waited_for",
        summary="a call waits without limit for a Postgres that never answers",
        promise=8,
        file="issuance/postgres/connection_deadline.py",
        within="BoundedConnection.wait",
        old="self.has_limit",
        new="False",
        noticed_by=(f"{_IN_SILENT}test_a_call_that_postgres_never_answers_ends[offers]",),
    ),
    Mutation(
        name="a_redis_that_takes_no_writes_is_ready",
        summary="a Redis that accepts no writes is ready",
        promise=8,
        file="waitroom/redis_io/probe.py",
        within="Probe.write",
        old="self._redis.set(KEY, 1, ex=KEPT_S)",
        new="self._redis.ping()",
        noticed_by=(f"{_IN_PROBES}test_a_line_that_takes_no_writes_is_not_ready[full]",),
    ),
    Mutation(
        name="people_are_let_through_to_a_queue_that_takes_no_writes",
        summary="members are admitted while the queue takes no writes",
        promise=8,
        file="issuance/queue/job_queue.py",
        within="JobQueue.free_capacity",
        old="pipe.set(PROBE_KEY, 1, ex=PROBE_KEPT_S)",
        new="pipe.ping()",
        noticed_by=(
            f"{_IN_PROBES}test_a_queue_that_takes_no_writes_is_not_ready_and_nobody_is_let_through_to_it[full]",
        ),
    ),
    Mutation(
        name="the_isolation_is_what_a_database_has_as_its_default",
        summary="transactions use the database's default isolation",
        promise=8,
        file="issuance/postgres/engine.py",
        within="open_engine",
        old='isolation_level="READ COMMITTED"',
        new="",
        noticed_by=(
            f"{_IN_SESSION}test_who_waits_for_the_coupons_lock_sees_what_was_committed_meanwhile[default_transaction_isolation]",
        ),
    ),
    Mutation(
        name="settings_stay_in_the_session",
        summary="transaction settings leak into the session",
        promise=8,
        file="issuance/postgres/engine.py",
        within="_SET_ALWAYS",
        old="f\"set_config('{name}', '{to}', true)\"",
        new="f\"set_config('{name}', '{to}', false)\"",
        noticed_by=(f"{_IN_SESSION}test_nothing_of_it_stays_in_the_session[bytea_output]",),
    ),
    Mutation(
        name="a_killed_owners_connection_stays",
        summary="a killed process' connection stays open",
        promise=8,
        file="issuance/postgres/engine.py",
        within="_set_with_each_transaction",
        old='f"{_SET_ALWAYS}, {CHECK_OWNER}"',
        new="_SET_ALWAYS",
        noticed_by=(
            f"{_IN_SESSION}test_who_was_killed_while_waiting_for_a_lock_soon_holds_no_connection",
        ),
    ),
    Mutation(
        name="another_applications_revision_is_taken_for_ours",
        summary="another application's schema revision is used",
        promise=8,
        file="issuance/migrate.py",
        within="_carry_over",
        old="all(_is_there(tx, name) for name in _OF_THE_FIRST_REVISION)",
        new="_OF_THE_FIRST_REVISION",
        noticed_by=(
            "integration/test_schema_version.py::test_another_applications_revision_is_left_alone[0001]",
        ),
    ),
    Mutation(
        name="an_older_installation_is_not_carried_over",
        summary="an older installation's schema revision is not copied",
        promise=8,
        file="issuance/migrate.py",
        within="_migrate_once",
        old="_carry_over(tx, config)",
        new="",
        noticed_by=(
            "integration/test_schema_version.py::test_an_older_installation_is_carried_over_and_its_program_finds_its_revision[0001]",
        ),
    ),
    Mutation(
        name="what_nobody_foresaw_ends_a_loop",
        summary="an unexpected exception ends a loop",
        promise=8,
        file="processes/loops.py",
        within="run_loop",
        old="except Exception as error:",
        new="except (LineError, OfficeError) as error:",
        noticed_by=(f"{_IN_LOOPS}test_a_bug_in_one_loop_ends_neither_it_nor_another",),
    ),
    Mutation(
        name="one_room_that_fails_keeps_all_others_from_their_turn",
        summary="one failing room blocks all others",
        promise=8,
        file="application/each_room.py",
        within="EachRoom.attempt",
        old="is_unavailable(error)",
        new="is_unavailable(error) or error",
        noticed_by=(f"{_IN_LOOPS}test_one_room_that_fails_keeps_no_other_from_its_turn",),
    ),
    Mutation(
        name="statements_that_postgres_refuses_are_not_counted",
        summary="failing statements are not counted",
        promise=8,
        file="application/each_room.py",
        within="is_unavailable",
        old=(
            "isinstance(error, (LineError, OfficeError)) and not isinstance(error, OfficeRefused)"
        ),
        new="isinstance(error, (LineError, OfficeError))",
        noticed_by=(
            f"{_IN_LOOPS}test_a_part_that_is_away_is_no_error_of_a_loop_but_a_refused_statement_is",
        ),
    ),
    Mutation(
        name="a_worker_ignores_sigterm_while_redis_is_away",
        summary="a worker ignores SIGTERM while Redis is unreachable",
        promise=8,
        file="issuance/queue/worker.py",
        within="PoolWorker.heartbeat",
        old="if PoolWorker.stop_requested:",
        new="if False:",
        noticed_by=(f"{_IN_STOP}test_a_process_stops_while_a_store_is_away[redis-close]",),
    ),
    Mutation(
        name="a_signal_raises_into_an_idle_worker",
        promise=8,
        file="issuance/queue/worker.py",
        within="PoolWorker.request_stop",
        old="self._stop_requested = True",
        new="self._stop_requested = True\nraise StopRequested",
        noticed_by=(f"{_IN_SIGNALS}test_the_handler_raises_nothing_whatever_the_worker_does",),
    ),
    Mutation(
        name="the_desk_stays_open_while_postgres_is_away",
        summary="admission continues while Postgres is unreachable",
        promise=8,
        file="application/postgres_watchdog.py",
        within="PostgresWatchdog.run_once",
        old="self._destination.is_open = False\nraise",
        new="raise",
        noticed_by=(
            f"{_IN_OUTAGES}test_however_postgres_fails_admission_stops_and_goes_on_by_itself",
        ),
    ),
    Mutation(
        name="a_redis_that_is_away_is_not_said",
        summary="an unreachable Redis is not reported",
        promise=8,
        file="waitroom/redis_io/script_call.py",
        within="translate_redis_errors",
        old='LineAway(f"the line\'s Redis: {describe_cause(error)}")',
        new='error or LineAway(f"the line\'s Redis: {describe_cause(error)}")',
        noticed_by=(
            "integration/test_api_unavailable.py::test_without_redis_every_call_of_the_line_says_so",
        ),
    ),
    Mutation(
        name="a_postgres_that_is_away_hides_what_is_on_offer",
        summary="an unreachable Postgres hides the coupons",
        promise=8,
        file="application/listing_cache.py",
        within="ListingCache._refresh",
        old="if self._entries is None:\n    raise",
        new="raise",
        noticed_by=(
            "integration/test_api_unavailable.py::test_coupons_that_were_read_before_are_still_shown",
        ),
    ),
    Mutation(
        name="a_room_that_is_away_is_said_to_be_unknown",
        summary="a room is reported as unknown while its store is unreachable",
        promise=8,
        file="web/enter_line.py",
        within="raise_if_missing",
        old="if offer.room is not None:\n    raise LineAway",
        new="",
        noticed_by=(
            f"{_IN_API_ROOMS}test_a_room_the_line_has_not_heard_of_yet_is_away_not_unknown",
        ),
    ),
    Mutation(
        name="settings_that_redis_lost_do_not_come_back",
        summary="settings that Redis lost do not come back",
        promise=8,
        file="application/room_sync.py",
        within="RoomSync._apply_all",
        old="await rooms.attempt(room.code, self._line.apply_settings(room))",
        new="",
        noticed_by=(
            "integration/test_processes.py::test_a_room_that_redis_lost_comes_back_from_postgres",
        ),
    ),
    Mutation(
        name="ready_is_said_whatever_answers",
        summary="readyz always succeeds",
        promise=8,
        file="web/api/health.py",
        within="readyz",
        old="if not found.ready:\n    response.status_code = 503",
        new="",
        noticed_by=(
            f"{_IN_API_AWAY}test_ready_says_what_does_not_answer_and_health_that_the_process_lives",
        ),
    ),
    Mutation(
        name="nobody_is_told_when_to_come_again",
        summary="503 has no Retry-After",
        promise=8,
        file="web/exception_handlers.py",
        within="to_problem",
        old="Unavailable().more",
        new="{}",
        noticed_by=("integration/test_fast_path.py::test_a_line_that_is_away_is_said",),
    ),
    Mutation(
        name="a_load_balancer_is_not_told_of_a_drain",
        summary="livez/line succeeds while web drains",
        promise=8,
        file="web/api/health.py",
        within="livez_line",
        old="draining or not redis",
        new="not redis",
        noticed_by=(
            f"{_IN_API_AWAY}test_a_load_balancer_is_told_that_a_web_command_drains_while_it_still_serves",
        ),
    ),
    Mutation(
        name="a_restoring_line_looks_open",
        promise=8,
        file="domain/phase.py",
        within="room_phase",
        old="phase.applies(room)",
        new="phase.applies(room._replace(is_restoring=False))",
        noticed_by=(
            f"{_IN_PHASES}test_everything_that_tells_a_rooms_phase_tells_the_same",
            "unit/test_phase.py::test_what_ends_a_room_comes_before_what_holds_it_up",
        ),
    ),
    Mutation(
        name="a_web_command_stops_before_load_balancers_know",
        summary="web closes its port before load balancers notice",
        promise=8,
        file="processes/http/server.py",
        within="_drain_before.drain_then_stop",
        old="time.sleep(drain.seconds)",
        new="",
        noticed_by=(
            f"{_IN_RESTART}test_a_web_command_that_is_told_to_stop_serves_on_until_load_balancers_know",
        ),
    ),
    Mutation(
        name="wrong_settings_end_a_web_command_that_reloads",
        summary="invalid settings end web at a reload",
        promise=8,
        file="processes/http/server.py",
        within="_check_before.check_then_reload",
        old="may_reload()",
        new="True",
        noticed_by=(f"{_IN_RESTART}test_wrong_settings_leave_the_web_processes_as_they_are",),
    ),
    Mutation(
        name="streams_hold_a_process_that_stops",
        summary="open streams keep a process from stopping",
        promise=8,
        file="processes/web.py",
        within="make_app.lifespan",
        old="call_on_stop(app.state.streams.close)",
        new="",
        noticed_by=(f"{_IN_SERVED}test_a_closed_stream_makes_room_and_a_stop_ends_the_open_ones",),
    ),
)
