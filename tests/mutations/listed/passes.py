"""Passes: forged, foreign and expired ones, and what is published of their keys."""

from tests.mutations.mutation import Mutation

_IN_PASSES = "unit/test_passes.py::"
_REFUSED = f"{_IN_PASSES}test_every_bad_pass_is_refused_for_its_reason"
_IN_KEYS = "unit/test_pass_keys.py::"
_IN_API = "integration/test_api_pass_keys.py::"
_PUBLISHED = f"{_IN_API}test_all_public_keys_and_no_private_part_are_published"
_IN_PROGRAM = "integration/test_pass_program.py::"
_REFUSED_THERE = "test_every_bad_pass_is_refused_in_the_address_and_in_the_cookie"
_IN_ROTATION = "integration/test_pass_rotation.py::"

_IN_CHECKS = "integration/sites/test_site_checks.py::"

MUTATIONS = (
    Mutation(
        name="any_signature_makes_a_pass",
        promise=9,
        file="passes/verification.py",
        within="PassVerifier._signed_by_key",
        old="not key.has_signed(signed, signature)",
        new="False",
        noticed_by=(_REFUSED,),
    ),
    Mutation(
        name="a_pass_may_name_another_algorithm",
        promise=9,
        file="passes/verification.py",
        within="PassVerifier._signed_by_key",
        old="alg != key.alg",
        new="False",
        noticed_by=(_REFUSED,),
    ),
    Mutation(
        name="an_empty_secret_signs_passes",
        promise=9,
        file="passes/verification.py",
        within="_signed_by_secret",
        old="filter(None, secrets)",
        new="secrets",
        noticed_by=(_REFUSED,),
    ),
    Mutation(
        name="a_pass_opens_every_room",
        promise=9,
        file="passes/verification.py",
        within="PassVerifier._check",
        old="claims.aud != room_code",
        new="False",
        noticed_by=(_REFUSED,),
    ),
    Mutation(
        name="a_pass_of_any_issuer_is_ours",
        promise=9,
        file="passes/verification.py",
        within="PassVerifier._check",
        old="claims.iss != self._issuer",
        new="False",
        noticed_by=(_REFUSED,),
    ),
    Mutation(
        name="a_kept_pass_never_expires",
        promise=9,
        file="passes/verification.py",
        within="PassVerifier._check",
        old="claims.exp <= now",
        new="claims.exp <= claims.iat",
        noticed_by=(
            f"{_IN_PASSES}test_a_good_pass_is_accepted_until_its_visit_ends",
            _REFUSED,
        ),
    ),
    Mutation(
        name="a_pass_outlives_its_visit",
        promise=9,
        file="passes/signer.py",
        within="PassSigner.sign",
        old="int(ends_at_s)",
        new="int(ends_at_s) + 1",
        noticed_by=(f"{_IN_PASSES}test_a_good_pass_is_accepted_until_its_visit_ends",),
    ),
    Mutation(
        name="a_site_must_not_be_a_second_behind",
        promise=9,
        file="passes/signer.py",
        within="PassSigner.sign",
        old="int(self._now()) - BACKDATED_S",
        new="int(self._now())",
        noticed_by=(f"{_IN_PASSES}test_others_whose_clock_is_behind_accept_a_new_pass",),
    ),
    Mutation(
        name="private_parts_of_pass_keys_are_published",
        promise=9,
        file="passes/keys.py",
        within="PassKeys.jwks",
        old="dict(key.jwk)",
        new="{**key.jwk, 'd': repr(key._private)}",
        noticed_by=(f"{_IN_KEYS}test_nothing_private_is_published_or_shown",),
    ),
    Mutation(
        name="only_keys_that_sign_are_published",
        promise=9,
        file="passes/keys.py",
        within="PassKeys.jwks",
        old="self.keys",
        new="self._signing.values()",
        noticed_by=(
            _PUBLISHED,
            f"{_IN_ROTATION}test_a_key_that_is_published_before_it_signs_is_never_refused",
        ),
    ),
    Mutation(
        name="a_coordinate_loses_its_zeros",
        promise=9,
        file="passes/keys.py",
        within="_public_members",
        old="from_number(point.x, _EC_BYTES)",
        new="from_number(point.x)",
        noticed_by=(f"{_IN_KEYS}test_a_coordinate_with_leading_zeros_keeps_its_length",),
    ),
    Mutation(
        name="a_bad_pass_key_is_shown",
        promise=9,
        file="processes/settings/reader.py",
        within="_sentence",
        old='("SECRET", "TOKEN", "PASSWORD", "URL", "KEY")',
        new='("SECRET", "TOKEN", "PASSWORD", "URL")',
        noticed_by=("unit/test_pass_settings.py::test_bad_keys_are_refused_and_never_shown",),
    ),
    Mutation(
        name="a_site_lets_any_issuers_pass_in",
        promise=9,
        file="deploy/passes/verify_pass.py",
        within="PassRequired._verify",
        old="self._settings.waitroom_url",
        new="jwt.decode(token, options={'verify_signature': False}).get('iss')",
        noticed_by=(f"{_IN_PROGRAM}{_REFUSED_THERE}",),
    ),
    Mutation(
        name="a_site_lets_another_rooms_pass_in",
        promise=9,
        file="deploy/passes/verify_pass.py",
        within="PassRequired._verify",
        old='{"require": ["iss", "aud", "sub", "sid", "exp"]}',
        new='{"require": ["iss", "sub", "sid", "exp"], "verify_aud": False}',
        noticed_by=(f"{_IN_PROGRAM}{_REFUSED_THERE}",),
    ),
    Mutation(
        name="a_path_leads_off_the_site",
        promise=9,
        file="deploy/passes/verify_pass.py",
        within="PassRequired._url",
        old="""f"{self._settings.site_url}{path}{'?' if query else ''}{query}\"""",
        new="""f"{path}{'?' if query else ''}{query}\"""",
        noticed_by=(f"{_IN_PROGRAM}test_no_path_leads_off_the_site",),
    ),
    Mutation(
        name="a_site_forgets_the_keys_when_waitroom_is_away",
        promise=8,
        file="deploy/passes/verify_pass.py",
        within="PublicKeys.fetch_data",
        old="self._last is None or self.jwk_set_cache is None",
        new="True",
        noticed_by=(f"{_IN_PROGRAM}test_while_waitroom_is_away_known_keys_stay_good",),
    ),
    Mutation(
        name="a_renewed_pass_begins_its_visit_anew",
        summary="a visit that a renewed pass brings back begins when the pass was signed",
        promise=10,
        file="passes/claims.py",
        within="PassClaims.began_at",
        old="self.iat if self.auth_time is None else min(self.auth_time, self.iat)",
        new="self.iat",
        noticed_by=(
            f"{_IN_CHECKS}test_a_visit_that_a_renewed_pass_brings_back_still_ends_after_the_longest_visit",
        ),
    ),
)
