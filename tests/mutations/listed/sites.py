"""Sites: their rooms have codes of their own, and admit without Postgres: promises 3 and 8."""

from tests.mutations.mutation import Mutation

_IN_ROOMS = "integration/test_site_rooms.py::"
_IN_ADMISSION = "integration/test_site_admission.py::"

MUTATIONS = (
    Mutation(
        name="a_coupon_takes_the_code_of_a_site_room",
        summary="a coupon without a room gets the code of a site's room",
        promise=3,
        file="issuance/migrations/versions/0014_sites.py",
        within="upgrade",
        old="(_TAKE_CODE, _OF_COUPONS, _OF_ROOMS)",
        new="(_TAKE_CODE, _OF_ROOMS)",
        noticed_by=(
            f"{_IN_ROOMS}test_a_process_of_the_release_before_gives_no_coupon_the_code_of_a_site_room",
            f"{_IN_ROOMS}test_a_code_names_one_coupon_or_one_room_of_a_site",
        ),
    ),
    Mutation(
        name="coupons_from_before_sites_give_up_their_codes",
        summary="a migration does not keep the codes of coupons that exist",
        promise=3,
        file="issuance/migrations/versions/0014_sites.py",
        within="upgrade",
        old='op.execute("INSERT INTO codes (code) SELECT code FROM coupons")',
        new="",
        noticed_by=(
            f"{_IN_ROOMS}test_a_process_of_the_release_before_gives_no_coupon_the_code_of_a_site_room",
        ),
    ),
    Mutation(
        name="site_rooms_have_no_admitter_of_their_own",
        summary="the admitter calls nobody in the rooms of sites",
        promise=8,
        file="processes/admitter.py",
        within="_admit",
        old="destinations.values()",
        new="[destination]",
        noticed_by=(
            f"{_IN_ADMISSION}test_while_postgres_is_away_site_rooms_admit_and_coupon_rooms_rest",
        ),
    ),
)
