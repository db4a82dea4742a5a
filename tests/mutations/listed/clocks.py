"""Which clock decides: that of Redis or Postgres, never a host's."""

from tests.mutations.mutation import Mutation

_IN_API_TICKETS = "integration/test_api_tickets.py::"
_IN_CLOCKS = "integration/test_clocks.py::"
_IN_STORES = "integration/test_clocks_of_stores.py::"
_IN_COUPON = "unit/test_coupon.py::"
_IN_WEB = "integration/test_clocks_of_web.py::"
_IN_SESSIONS = "unit/test_sessions.py::"
_OLD_SESSION = "test_a_session_of_the_release_before_is_valid_on_a_host_with_another_clock"
# Tests put off what reads `time.time`.
_HOSTS_NOW = "type(row.read_at).fromtimestamp(__import__('time').time(), row.read_at.tzinfo)"

MUTATIONS = (
    Mutation(
        name="who_was_admitted_is_told_that_it_is_not_open_yet",
        summary="an admitted member is refused as not open yet",
        promise=3,
        file="domain/coupon.py",
        within="Coupon.issue_to",
        old="admitted_at is None and now < self.opens_at",
        new="now < self.opens_at",
        noticed_by=(
            f"{_IN_CLOCKS}test_an_opening_put_off_meanwhile_refuses_nobody_who_was_let_through",
        ),
    ),
    Mutation(
        name="the_end_is_decided_when_a_worker_comes_to_it",
        summary="the end is compared with the time of issuing, not of admission",
        promise=3,
        file="domain/coupon.py",
        within="Coupon.issue_to",
        old="(now if admitted_at is None else admitted_at) >= self.expire_date",
        new="now >= self.expire_date",
        noticed_by=(
            f"{_IN_COUPON}test_whether_the_end_had_come_is_decided_by_when_they_were_admitted",
            f"{_IN_CLOCKS}test_the_end_is_decided_by_when_they_were_let_through",
        ),
    ),
    Mutation(
        name="a_job_does_not_say_when_its_members_were_let_through",
        summary="jobs do not carry the times of admission",
        promise=3,
        file="issuance/queue/job_queue.py",
        within="_meta",
        old="if admitted_at_us:",
        new="if not admitted_at_us:\n    return None\nif False:",
        noticed_by=(
            "integration/test_job_queue.py::test_a_job_says_when_its_members_were_let_through",
            f"{_IN_CLOCKS}test_the_end_is_decided_by_when_they_were_let_through",
        ),
    ),
    Mutation(
        name="a_new_lease_forgets_when_somebody_was_let_through",
        summary="the time of admission is not recorded",
        promise=3,
        file="waitroom/lua/admit.lua",
        old="call_with('HSET', keys.admissions, admissions)",
        new="",
        noticed_by=(
            f"{_IN_CLOCKS}test_when_somebody_was_let_through_stays_known_under_a_new_lease",
        ),
    ),
    Mutation(
        name="a_workers_own_clock_decides",
        summary="a worker's own clock decides",
        promise=3,
        file="issuance/issue.py",
        within="_issue_once",
        old="row.read_at",
        new="datetime.now(row.read_at.tzinfo)",
        noticed_by=(f"{_IN_CLOCKS}test_a_job_that_does_not_say_when_is_judged_by_postgres_clock",),
    ),
    Mutation(
        name="a_hosts_clock_opens_the_pessimistic_way",
        summary="a host's clock opens the pessimistic way",
        promise=3,
        file="issuance/locking/pessimistic.py",
        within="issue_pessimistically",
        old="row.read_at",
        new=_HOSTS_NOW,
        noticed_by=(f"{_IN_STORES}test_a_direct_way_opens_and_ends_by_postgres_clock",),
    ),
    Mutation(
        name="a_hosts_clock_opens_the_optimistic_way",
        summary="a host's clock opens the optimistic way",
        promise=3,
        file="issuance/locking/optimistic.py",
        within="_attempt",
        old="row.read_at",
        new=_HOSTS_NOW,
        noticed_by=(f"{_IN_STORES}test_a_direct_way_opens_and_ends_by_postgres_clock",),
    ),
    Mutation(
        name="a_hosts_clock_opens_the_redis_lock_way",
        summary="a host's clock opens the Redis lock way",
        promise=3,
        file="issuance/locking/redis_lock.py",
        within="_attempt",
        old="row.read_at",
        new=_HOSTS_NOW,
        noticed_by=(f"{_IN_STORES}test_a_direct_way_opens_and_ends_by_postgres_clock",),
    ),
    Mutation(
        name="a_hosts_clock_ends_a_coupon",
        summary="a host's clock ends a coupon",
        promise=3,
        file="issuance/member_coupons.py",
        within="spend_coupon",
        old="row.read_at",
        new=_HOSTS_NOW,
        noticed_by=(f"{_IN_STORES}test_a_coupon_is_used_and_expires_by_postgres_clock",),
    ),
    Mutation(
        name="a_draw_waits_for_the_admitters_clock",
        summary="a host's clock starts the draw",
        promise=3,
        file="application/room_sync.py",
        within="RoomSync._draw_one",
        old="code, now = room.code, await self._line.measure_clock()",
        new=(
            "opens_at, host_s = room.opens_at, __import__('time').time()\n"
            "now = type(opens_at).fromtimestamp(host_s, opens_at.tzinfo)\n"
            "code = room.code"
        ),
        noticed_by=(f"{_IN_STORES}test_a_lobby_is_drawn_when_redis_clock_says",),
    ),
    Mutation(
        name="a_ticket_from_the_future_is_refused",
        promise=3,
        file="waitroom/tokens/ticket.py",
        within="TicketSigner.verify",
        old="age_s > self._age_max_s",
        new="not -60 <= age_s <= self._age_max_s",
        noticed_by=(f"{_IN_API_TICKETS}test_a_ticket_from_the_future_is_good",),
    ),
    Mutation(
        name="an_old_ticket_keeps_its_owner_from_entering",
        summary="a member with an expired ticket cannot enter",
        promise=3,
        file="web/api/rooms.py",
        within="enter_room",
        old="suppress(ExpiredTicket)",
        new="suppress()",
        noticed_by=(f"{_IN_API_TICKETS}test_a_ticket_that_is_too_old_keeps_nobody_from_entering",),
    ),
    Mutation(
        name="a_hosts_clock_says_what_is_open",
        summary="a host's clock decides what is shown as open",
        promise=3,
        file="domain/stores/remote_clock.py",
        within="RemoteClock.now_s",
        old="self._host() if offset is None else self.monotonic() + offset.middle_s",
        new="self._host()",
        noticed_by=(
            "unit/test_remote_clock.py::test_it_tells_the_time_whatever_this_hosts_clock_says",
            f"{_IN_STORES}test_what_is_shown_of_a_coupon_is_by_the_clock_that_decides_it",
            f"{_IN_API_TICKETS}test_a_tickets_age_is_by_redis_clock",
        ),
    ),
    Mutation(
        name="a_jobs_age_is_by_the_clock_of_who_fed_it",
        summary="a job's age is measured by the admitter's clock",
        promise=8,
        file="issuance/queue/checked_jobs.py",
        within="CheckedQueue._prepare_for_queue",
        old="job.enqueued_at = redis_now(self.connection)",
        new="",
        noticed_by=(f"{_IN_CLOCKS}test_how_long_a_job_has_waited_is_by_the_queues_own_clock",),
    ),
    Mutation(
        name="a_wrong_clock_is_not_said",
        summary="a wrong clock is not logged",
        promise=8,
        file="waitroom/clock_skews.py",
        within="ClockWatch._log_if_off",
        old="clock.certain_skew_s() > WARN_ABOVE_S",
        new="clock.certain_skew_s() > 1_000_000",
        noticed_by=(
            "integration/test_clock_skews.py::test_a_clock_that_is_off_is_said_once_until_it_is_right",
        ),
    ),
    Mutation(
        name="a_hosts_clock_judges_tokens",
        summary="a host's clock judges member tokens and sessions",
        promise=9,
        file="processes/http/container.py",
        within="make_container",
        old="MedianClock([line.clock, office_clock])",
        new="MedianClock([])",
        noticed_by=(f"{_IN_WEB}test_tokens_and_sessions_are_judged_by_the_time_of_the_stores",),
    ),
    Mutation(
        name="one_wrong_clock_of_three_decides",
        promise=9,
        file="domain/stores/median_clock.py",
        within="MedianClock._choose",
        old="readings[len(readings) // 2]",
        new="readings[0]",
        noticed_by=(
            "unit/test_median_clock.py::test_a_wrong_host_reads_the_time_of_the_stores",
            "unit/test_median_clock.py::test_a_store_whose_clock_is_set_changes_nothing",
        ),
    ),
    Mutation(
        name="a_session_of_a_host_that_is_ahead_is_refused",
        promise=9,
        file="web/auth/timed_serializer.py",
        within="TimedSerializer.loads",
        old="int(self._now()) - signed_at_s > age_max_s",
        new="not 0 <= int(self._now()) - signed_at_s <= age_max_s",
        noticed_by=(
            "unit/test_admin_sessions.py::test_a_session_is_valid_on_a_host_with_another_clock",
            f"{_IN_SESSIONS}{_OLD_SESSION}",
        ),
    ),
)
