import shlex

import pytest
from typer.testing import CliRunner

from cli.main import app
from load.compare import run
from load.compare.options import CompareOptions


@pytest.fixture
def asked(monkeypatch) -> list[CompareOptions]:
    """What the command was asked to compare, without doing it."""
    options: list[CompareOptions] = []

    def remember(given: CompareOptions, **_: object) -> int:
        options.append(given)
        return 0

    monkeypatch.setattr(run, "run_compare", remember)
    return options


def test_ten_members_come_for_each_coupon_unless_one_says_how_many(asked):
    runner = CliRunner()

    runner.invoke(app, ["compare", "--coupons", "30"])
    runner.invoke(app, ["compare", "--coupons", "30", "--members", "31"])
    runner.invoke(app, ["compare"])

    assert [(one.coupons, one.members) for one in asked] == [(30, 300), (30, 31), (1_000, 10_000)]


def test_the_command_of_a_report_gives_the_same_options_again(asked):
    made = CompareOptions(50, 600, 0.5, 20, workers=3, web_processes=2, seed=9)

    CliRunner().invoke(app, shlex.split(made.command)[1:])

    assert asked == [made]
