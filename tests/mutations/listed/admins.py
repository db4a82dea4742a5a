"""SECURITY.md, of admins: passwords, signing in, and the audit trail."""

from tests.mutations.mutation import Mutation

_IN_ADMIN_SIGNIN = "integration/test_admin_signin.py::"
_IN_FLOODS = "integration/test_floods_and_others.py::"
_IN_PASSWORDS = "unit/test_passwords.py::"
_REMOVED = f"{_IN_ADMIN_SIGNIN}test_an_admin_who_was_removed_is_out_within_two_seconds"

MUTATIONS = (
    Mutation(
        name="passwords_are_hashed_by_argon2i",
        summary="passwords are hashed with Argon2i, not Argon2id",
        promise=9,
        file="web/auth/passwords.py",
        within="Passwords.__init__",
        old="PasswordHasher()",
        new="PasswordHasher(type=Type.I)",
        noticed_by=(f"{_IN_PASSWORDS}test_a_password_is_hashed_with_argon2id_and_64_mib",),
    ),
    Mutation(
        name="any_number_of_passwords_is_verified_at_once",
        promise=7,
        file="web/auth/passwords.py",
        within="Passwords.__init__",
        old="AT_ONCE_MAX",
        new="64",
        noticed_by=(f"{_IN_PASSWORDS}test_two_passwords_are_verified_at_once_and_no_more",),
    ),
    Mutation(
        name="any_number_of_passwords_may_wait",
        promise=7,
        file="web/auth/passwords.py",
        within="Passwords.fits",
        old="if self._waiting >= WAITING_MAX:\n    raise TooManyAtOnce",
        new="",
        noticed_by=(f"{_IN_PASSWORDS}test_more_than_can_wait_are_turned_away_at_once",),
    ),
    Mutation(
        name="attempts_from_an_address_are_not_slowed_down",
        promise=7,
        file="waitroom/limits/login_throttle.py",
        within="LoginThrottle.start_attempt",
        old="_address_key(address)",
        new="_name_key(name)",
        noticed_by=(f"{_IN_ADMIN_SIGNIN}test_many_names_from_one_address_are_slowed_down_too",),
    ),
    Mutation(
        name="an_admin_who_was_disabled_stays",
        summary="a disabled admin stays signed in",
        promise=9,
        file="web/auth/admin_sessions.py",
        within="may_sign_in",
        old="bool(account.password_hash) and not account.disabled",
        new="bool(account.password_hash)",
        noticed_by=(_REMOVED,),
    ),
    Mutation(
        name="an_admin_is_read_once_and_for_all",
        summary="an admin's account is cached forever",
        promise=9,
        file="web/auth/admin_sessions.py",
        within="FRESH_S",
        old="FRESH_S = 1.0",
        new="FRESH_S = 1_000.0",
        noticed_by=(_REMOVED,),
    ),
    Mutation(
        name="the_trail_does_not_say_who",
        summary="the audit trail does not name the admin",
        promise=9,
        file="issuance/audit.py",
        within="record",
        old="who=who",
        new='who="somebody"',
        noticed_by=(
            "integration/console/test_admin_pages.py::test_the_trail_says_who_changed_what_from_what_to_what",
        ),
    ),
    Mutation(
        name="wrong_passwords_are_refused_at_once",
        promise=7,
        file="web/pages/admin/signin.py",
        within="sign_in",
        old="await get_rate_limit(request).hold_back()",
        new="",
        noticed_by=(f"{_IN_FLOODS}test_wrong_passwords_are_held_back_too",),
    ),
    Mutation(
        name="passwords_take_the_processor_from_everybody",
        summary="verifying passwords blocks other requests",
        promise=7,
        file="web/auth/passwords.py",
        within="Passwords.__init__",
        old="_give_way",
        new="None",
        noticed_by=("unit/test_passwords.py::test_verifying_gives_way_to_all_other_threads",),
    ),
)
