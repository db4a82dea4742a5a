"""A rehearsed upgrade from this tree to itself: `python -m tests.rolling_upgrade` needs git for one
from a release before.
"""

import sys

from tests.house import ROOT
from tests.rolling_upgrade.rehearsal import SETTINGS, Plan, Rehearsal
from tests.rolling_upgrade.release import Release


def test_nobody_loses_a_place_or_a_session(house, engine):
    house.environ |= SETTINGS
    before = Release("old", ROOT, sys.executable)
    plan = Plan(members=60, side_by_side_s=1.0, upgrade_s=15.0)

    assert Rehearsal(house, engine, before, plan).run() == []
