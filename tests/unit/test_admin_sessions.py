"""An admin's session is judged by the time it names, whichever host signed or reads it."""

import pytest

from issuance.admins import AdminAccount
from web.auth.admin_sessions import AdminSessions

NOON_S = 1_795_000_000
ALICE = AdminAccount("alice", "operator", "a hash")


def of_host(off_by_s: float) -> AdminSessions:
    return AdminSessions(["a secret of at least 32 bytes ..."], now=lambda: NOON_S + off_by_s)


@pytest.mark.parametrize("off_by_s", [-300, -1, 0, 1, 300])
def test_a_session_is_valid_on_a_host_with_another_clock(off_by_s):
    session = of_host(off_by_s).session_for(ALICE)

    assert of_host(0).name_in(session) is not None


@pytest.mark.parametrize(("passed_s", "is_valid"), [(0, True), (12 * 3600, True), (43_201, False)])
def test_a_session_ends_at_its_age_limit(passed_s, is_valid):
    session = of_host(0).session_for(ALICE)

    assert (of_host(passed_s).name_in(session) is not None) == is_valid
