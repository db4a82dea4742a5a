"""Sites: their rooms have codes of their own, and admit without Postgres: promises 3 and 8."""

from tests.mutations.mutation import Mutation

_IN_ROOMS = "integration/test_site_rooms.py::"
_IN_SECRETS = "integration/test_site_secrets.py::"
_IN_API = "integration/test_api_sites.py::"
_IN_TEXTS = "integration/sites/test_site_texts.py::"
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
    Mutation(
        name="a_leaked_api_key_is_still_accepted",
        summary="a rotation that ends the earlier API keys at once lets them go on",
        promise=9,
        file="issuance/sites/secrets.py",
        within="make_api_key",
        old="timedelta(seconds=keep_s)",
        new="timedelta(days=1)",
        noticed_by=(
            f"{_IN_SECRETS}test_a_leaked_api_key_ends_at_once_also_after_a_rotation_that_kept_it",
        ),
    ),
    Mutation(
        name="a_pass_secret_is_kept_as_it_is",
        summary="Postgres has the pass secrets of sites unencrypted",
        promise=9,
        file="issuance/sites/secret_encryption.py",
        within="SecretEncryption.encrypt",
        old="return self._keyed().encrypt(secret.encode())",
        new="return secret.encode()",
        noticed_by=(
            f"{_IN_SECRETS}test_no_secret_is_readable_in_postgres_and_each_is_in_the_audit_trail",
        ),
    ),
    Mutation(
        name="a_new_pass_secret_signs_before_verifiers_have_it",
        promise=9,
        file="domain/sites/site.py",
        within="Site.in_use",
        old="one.starts_at <= now",
        new="True",
        noticed_by=(
            "unit/test_sites.py::test_of_two_secrets_both_are_accepted_and_the_later_signs_from_its_start",
        ),
    ),
    Mutation(
        name="a_room_that_may_be_new_is_not_waited_for",
        summary="where Postgres hangs, nobody waits to learn whether a code is new",
        promise=8,
        file="application/listing_cache.py",
        within="ListingCache.entry",
        old="await asyncio.shield(self._started())",
        new="",
        noticed_by=(
            "unit/test_offer_cache.py::test_a_coupon_that_may_be_new_is_waited_for_where_postgres_hangs",
        ),
    ),
    Mutation(
        name="an_outage_long_ago_is_not_forgiven",
        summary="the first answer after a hang of Postgres long ago is as old as that hang",
        promise=8,
        file="application/listing_cache.py",
        within="ListingCache._started",
        old="self._hangs = False",
        new="pass",
        noticed_by=(
            "unit/test_offer_cache.py::test_a_process_that_nobody_asked_for_a_while_waits_for_postgres_again",
        ),
    ),
    Mutation(
        name="everybody_waits_for_a_postgres_that_hangs",
        summary="each caller waits for a Postgres that hangs, though its last answer is known",
        promise=8,
        file="application/listing_cache.py",
        within="ListingCache._wait_for",
        old="if self._hangs:\n    return",
        new="",
        noticed_by=(
            "unit/test_offer_cache.py::test_while_postgres_hangs_nobody_waits_for_it_twice",
        ),
    ),
    Mutation(
        name="a_lost_site_room_is_said_to_be_unknown",
        summary="a site's room that Redis has lost is reported as unknown",
        promise=8,
        file="web/enter_line.py",
        within="raise_if_missing",
        old=(
            "if not offers.was_known(code) and await get_site_rooms(request).entry(code):\n"
            "    raise LineAway"
        ),
        new="",
        noticed_by=(f"{_IN_TEXTS}test_a_site_room_that_redis_has_lost_is_away_and_not_unknown",),
    ),
    Mutation(
        name="of_too_many_site_rooms_the_first_are_listed",
        summary="beyond 1,000 rooms of sites, those that open next are left out",
        promise=7,
        file="issuance/rooms.py",
        within="latest_first",
        old="opens_at.desc()",
        new="opens_at",
        noticed_by=(f"{_IN_ROOMS}test_of_too_many_rooms_the_ones_that_open_last_are_listed",),
    ),
)
