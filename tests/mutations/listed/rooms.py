"""Rooms keep their identity, and lead to the destination of their kind: promises 3, 5 and 8."""

from tests.mutations.mutation import Mutation

_IN_IDENTITY = "integration/test_room_identity.py::"
_IN_DESTINATIONS = "integration/test_destinations.py::"

MUTATIONS = (
    Mutation(
        name="coupons_of_the_release_before_lose_their_room",
        summary="a migration does not give coupons that exist their room",
        promise=3,
        file="issuance/migrations/versions/0013_room_identity.py",
        within="upgrade",
        old=(
            'op.execute("UPDATE coupons SET room_id = rooms.id FROM rooms'
            ' WHERE coupon_id = coupons.id")'
        ),
        new="",
        noticed_by=(
            f"{_IN_IDENTITY}test_a_room_of_the_release_before_gets_an_identity_and_keeps_all_that_hangs_on_it",
        ),
    ),
    Mutation(
        name="an_admitter_of_the_release_before_sees_rooms_of_another_kind",
        promise=5,
        file="waitroom/redis_io/keys.py",
        within="rooms_key",
        old="kind == 'coupon'",
        new="True",
        noticed_by=(
            f"{_IN_DESTINATIONS}test_an_admitter_of_the_release_before_sees_no_room_of_another_kind",
        ),
    ),
    Mutation(
        name="a_destination_serves_rooms_of_all_kinds",
        summary="an admitter serves rooms that lead to another destination",
        promise=8,
        file="waitroom/admitter.py",
        within="Admitter.tick",
        old="self._line.codes(self._destination.kind)",
        new="self._line.codes()",
        noticed_by=(
            f"{_IN_DESTINATIONS}test_a_destination_that_takes_nobody_keeps_no_room_of_another_kind_waiting",
        ),
    ),
)
