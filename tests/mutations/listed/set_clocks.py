"""Redis' clock set while a room is open, and workers' clocks in its queue."""

from tests.mutations.mutation import Mutation

_IN_SET = "integration/test_redis_clock_set.py::"
_IN_ABANDONED = "integration/test_abandoned_jobs.py::"

MUTATIONS = (
    Mutation(
        name="a_room_opens_again_if_redis_clock_is_set_back",
        promise=3,
        file="waitroom/lua/include/room.lua",
        old="if room.opened_for == room.opens_at then return math.max(now, room.opens_at) end",
        new="",
        noticed_by=(
            f"{_IN_SET}test_an_open_room_stays_open",
            f"{_IN_SET}test_a_drawn_room_gives_no_more_numbers",
        ),
    ),
    Mutation(
        name="a_room_that_has_ended_goes_on_if_redis_clock_is_set_back",
        promise=3,
        file="waitroom/lua/include/room.lua",
        old="if room.ended_for == room.closes_at then return math.max(now, room.closes_at) end",
        new="",
        noticed_by=(f"{_IN_SET}test_a_room_that_has_ended_stays_closed",),
    ),
    Mutation(
        name="an_opening_that_is_put_off_does_not_count",
        summary="a room that has opened ignores a later opening",
        promise=3,
        file="waitroom/lua/include/room.lua",
        old="if room.opened_for == room.opens_at then",
        new="if room.opened_for > 0 then",
        noticed_by=(f"{_IN_SET}test_an_admin_can_put_off_the_opening_and_the_end_of_a_room",),
    ),
    Mutation(
        name="a_job_is_abandoned_by_a_workers_clock",
        summary="a worker's clock decides which jobs were never begun",
        promise=8,
        file="issuance/queue/abandoned_jobs.py",
        within="fail_abandoned_jobs",
        old="int(redis_now(redis).timestamp())",
        new="int(__import__('time').time())",
        noticed_by=(
            f"{_IN_ABANDONED}test_a_job_that_was_just_taken_is_not_abandoned_whichever_worker_looks",
        ),
    ),
    Mutation(
        name="a_running_job_is_abandoned",
        promise=8,
        file="issuance/queue/abandoned_jobs.py",
        within="_without_execution",
        old="not lives",
        new="True",
        noticed_by=(
            f"{_IN_ABANDONED}test_a_running_job_is_not_abandoned_whatever_the_workers_clocks_read",
        ),
    ),
    Mutation(
        name="the_autopilot_stops_if_redis_clock_is_set_back",
        promise=8,
        file="waitroom/lua/apply_decision.lua",
        old="math.abs(now - tonumber(v[2] or 0))",
        new="now - tonumber(v[2] or 0)",
        noticed_by=(f"{_IN_SET}test_the_autopilot_goes_on_deciding",),
    ),
    Mutation(
        name="jobs_age_if_the_queues_clock_is_set_forward",
        promise=8,
        file="application/autopilot_loop.py",
        within="QueueAge.follow",
        old="read_s - most_s",
        new="0.0",
        noticed_by=(
            "unit/test_queue_age.py::test_a_clock_that_is_set_forward_makes_no_job_older",
            f"{_IN_SET}test_a_job_looks_no_older_when_the_queues_clock_is_set_forward",
        ),
    ),
    Mutation(
        name="reports_count_twice_if_redis_clock_is_set_back",
        promise=8,
        file="waitroom/autopilot.py",
        within="_since_clock_set",
        old="one.told_s > last_s",
        new="False",
        noticed_by=(
            "unit/test_autopilot.py::test_reports_of_before_the_clock_was_set_back_do_not_count",
        ),
    ),
)
