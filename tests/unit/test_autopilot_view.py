"""What the autopilot did, in words: one line for each reason as long as it lasts."""

from dataclasses import replace
from typing import get_args

import pytest

from tests.unit.board_template_cast import some_decisions, some_figures
from tests.unit.place_template_cast import EN, KO
from waitroom.autopilot import Reason
from web.pages.admin.autopilot import REASONS, SPELLS_MAX, make_view

STEERED = replace(some_figures(), rate_mode="autopilot", steered_rate_per_s=10.0)


def test_the_latest_comes_first_and_what_repeats_is_told_once():
    view = make_view("spring", STEERED, some_decisions(), EN)

    assert [(one.rates, one.why) for one in view.spells] == [
        ("94/s → 10/s", "Postgres is unreachable: lowered to the minimum."),
        ("94/s", "Members admitted before the last reduction are still in progress."),
        ("118/s → 94/s", "Transactions exceed the latency limit: rate lowered."),
        ("118/s", "Transactions are close to the latency limit: rate unchanged."),
        ("118/s", "Healthy: raising the rate a little."),
    ]
    assert (view.spells[-1].until - view.spells[-1].since).total_seconds() == 0.5
    assert view.spells[0].seen == "90/s issued, oldest job 0.2 s"


def test_only_so_many_are_listed():
    to_and_fro = some_decisions()[:1] + some_decisions()[3:4]

    view = make_view("spring", STEERED, to_and_fro * 20, EN)

    assert len(view.spells) == SPELLS_MAX
    assert view.spells[0].rates == "100/s → 94/s"


@pytest.mark.parametrize("language", [EN, KO], ids=["en", "ko"])
def test_every_reason_has_words_of_its_own(language):
    reasons = make_view("spring", STEERED, [], language).reasons

    assert reasons.keys() == REASONS.keys() == set(get_args(Reason))
    assert len(set(reasons.values())) == len(reasons)


@pytest.mark.parametrize("figures", [some_figures(), None])
def test_of_a_rate_that_is_turned_by_hand_there_is_nothing_to_see(figures):
    view = make_view("spring", figures, some_decisions(), EN)

    assert (view.is_on, view.spells, view.bounds) == (False, (), "")
