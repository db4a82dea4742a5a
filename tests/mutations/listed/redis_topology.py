"""Promise 8, of Redis: clients leave a server that is not the primary, and follow the Sentinels."""

from tests.mutations.mutation import Mutation

_IN_WRONG = "integration/test_wrong_server.py::"
_IN_SENTINELS = "integration/test_sentinels.py::"

MUTATIONS = (
    Mutation(
        name="a_demoted_primary_is_kept",
        summary="a connection to a demoted primary is kept",
        promise=8,
        file="topology/wrong_server.py",
        within="is_wrong_server",
        old="error.status_code in CODES or _TEXT.match(str(error)) is not None",
        new="False",
        noticed_by=(
            f"{_IN_WRONG}test_the_line_follows_a_primary_that_was_demoted[enter]",
            f"{_IN_WRONG}test_the_queue_follows_a_primary_that_was_demoted[set]",
        ),
    ),
    Mutation(
        name="other_connections_stay_with_a_demoted_primary",
        promise=8,
        file="topology/primary.py",
        within="Primary.lost",
        old="connection.mark_for_reconnect()",
        new="pass",
        noticed_by=(
            f"{_IN_WRONG}test_one_answer_of_a_replica_makes_all_connections_connect_again",
        ),
    ),
    Mutation(
        name="the_primarys_address_is_looked_up_once",
        summary="clients look up the primary's address only once",
        promise=8,
        file="topology/primary.py",
        within="Primary._is_due",
        old="time.monotonic() - self._looked_at_s > FRESH_S",
        new="self._found is None",
        noticed_by=(f"{_IN_SENTINELS}test_when_the_primary_dies_all_follow_the_sentinels",),
    ),
    Mutation(
        name="the_queue_goes_round_the_sentinels",
        summary="the queue's connections do not ask the Sentinels",
        promise=8,
        file="topology/sync_redis.py",
        within="_Following._connect",
        old="address is not None",
        new="False",
        noticed_by=(f"{_IN_SENTINELS}test_when_the_primary_dies_all_follow_the_sentinels",),
    ),
)
