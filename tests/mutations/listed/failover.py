"""Promises 2, 3 and 8 when another Redis takes over that lacks the last writes."""

from tests.mutations.mutation import Mutation

_IN = "integration/test_failover.py::"
_ORDER = f"{_IN}test_the_survivors_are_admitted_at_once_and_the_lost_ones_before_newcomers"
_REPLICAS = "integration/test_line_replicas.py::"
_ACKNOWLEDGED = f"{_REPLICAS}test_a_failover_loses_no_place_that_a_replica_acknowledged"
_HANGS = f"{_REPLICAS}test_while_the_replica_hangs_members_enter_and_each_place_is_counted"
_HOLDER = f"{_IN}test_a_holder_whose_coupon_was_lost_is_never_told_that_they_have_none"
_SOLD_OUT = (
    "integration/test_failover_sold_out.py::"
    "test_nobody_who_read_that_it_is_sold_out_gets_one_when_there_is_more"
)

MUTATIONS = (
    Mutation(
        name="a_failover_is_not_noticed",
        promise=8,
        file="waitroom/lua/include/failover.lua",
        old="if not run_id or run_id == room.run_id then return end",
        new="if run_id then return end",
        noticed_by=(_ORDER, _HOLDER),
    ),
    Mutation(
        name="a_slow_clock_puts_newcomers_before_the_lost",
        summary="after a failover new arrivals have no margin for the clocks' skew",
        promise=3,
        file="waitroom/lua/include/failover.lua",
        old="math.max(now, room.last_arrival) + CLOCK_MARGIN_US",
        new="math.max(now, room.last_arrival)",
        noticed_by=(_ORDER,),
    ),
    Mutation(
        name="members_behind_a_loss_are_admitted_at_once",
        summary="after a failover the members behind the lost ones are not held",
        promise=3,
        file="waitroom/lua/admit.lua",
        old="local last_admitted = admits_up_to(room, now)",
        new="local last_admitted = nil",
        noticed_by=(
            _ORDER,
            f"{_IN}test_the_hold_lasts_until_lost_members_had_time_to_return",
        ),
    ),
    Mutation(
        name="holders_are_not_reported_again_after_a_failover",
        promise=2,
        file="waitroom/lua/include/failover.lua",
        old="'restoring_until', '0', 'is_retold', '0')",
        new="'restoring_until', '0')",
        noticed_by=(_HOLDER,),
    ),
    Mutation(
        name="a_poll_does_not_notice_a_failover",
        promise=8,
        file="waitroom/lua/place.lua",
        old="  note_failover(room, now, keys)\n",
        new="",
        noticed_by=(_HOLDER,),
    ),
    Mutation(
        name="entering_again_tells_a_holder_that_it_is_sold_out",
        summary="after a loss a holder who enters again reads that it is sold out",
        promise=2,
        file="waitroom/lua/enter.lua",
        old="not room.is_retold and (is_over(refusal) or is_draining(room))",
        new="false",
        noticed_by=(f"{_IN}test_a_holder_who_enters_without_a_ticket_is_not_told_sold_out",),
    ),
    Mutation(
        name="a_lobby_that_lost_its_end_is_drawn_without_it",
        promise=3,
        file="waitroom/lua/include/failover.lua",
        old="if is_undrawn(room) then return nil end",
        new="",
        noticed_by=(f"{_IN}test_a_drawn_lobby_whose_end_was_lost_waits_for_all_of_it",),
    ),
    Mutation(
        name="a_failover_forgets_who_read_that_it_is_sold_out",
        summary="after a failover members who read `sold_out` and left get a coupon",
        promise=3,
        file="waitroom/lua/mark_retold.lua",
        old="digits(tonumber(v[1]) + CLOCK_MARGIN_US)",
        new="'0'",
        noticed_by=(_SOLD_OUT,),
    ),
    Mutation(
        name="a_failover_restores_the_whole_line",
        summary="after a failover the whole line pauses, as the watermark is newer",
        promise=8,
        file="waitroom/lua/apply_settings.lua",
        old="if not is_of_failover then found_loss(now) end",
        new="found_loss(now)",
        noticed_by=(f"{_IN}test_the_watermark_of_the_lost_redis_does_not_restore_the_whole_line",),
    ),
    Mutation(
        name="entering_does_not_wait_for_replicas",
        summary="entering sends no WAIT",
        promise=8,
        file="waitroom/line.py",
        within="Line.__init__",
        old='self._replicated or calls["enter"]',
        new='calls["enter"]',
        noticed_by=(_ACKNOWLEDGED, _HANGS),
    ),
    Mutation(
        name="unacknowledged_places_are_not_counted",
        summary="a place that no replica acknowledged counts as acknowledged",
        promise=8,
        file="waitroom/redis_io/acknowledged.py",
        within="AcknowledgedEnter.__call__",
        old="done.replicas < self._replication.replicas",
        new="done.replicas < 0",
        noticed_by=(
            _ACKNOWLEDGED,
            _HANGS,
            f"{_REPLICAS}test_without_any_replica_both_ways_into_the_line_count",
        ),
    ),
    Mutation(
        name="a_repeated_call_is_not_waited_for",
        summary="a call that gives no place, but returns one, counts as acknowledged",
        promise=8,
        file="waitroom/lua/enter.lua",
        old="if entered == 0 and ARGV[3] == '1' then",
        new="if false then",
        noticed_by=(
            f"{_REPLICAS}test_a_place_that_another_connection_gave_is_acknowledged_for_itself",
        ),
    ),
    Mutation(
        name="a_demoted_primarys_place_is_told",
        summary="a member gets the place of a primary that was demoted before a replica had it",
        promise=8,
        file="waitroom/redis_io/acknowledged.py",
        within="AcknowledgedConnections.parse",
        old="is_wrong_server(waited)",
        new="False",
        noticed_by=(f"{_REPLICAS}test_a_place_on_a_primary_that_is_demoted_meanwhile_is_not_told",),
    ),
    Mutation(
        name="a_socket_or_tls_needs_redis_pys_own_class",
        summary="a URL of a socket or of TLS makes connections that can't follow the primary",
        promise=8,
        file="topology/async_redis.py",
        within="open_async_redis",
        old='pool.connection_class = _CLASSES[topology.server_url.partition("://")[0]]',
        new="pass",
        noticed_by=(
            "integration/test_redis_schemes.py::test_a_unix_socket_serves_the_line_and_the_queue",
            "integration/test_redis_schemes.py::test_tls_is_used_where_the_url_says_so",
        ),
    ),
)
