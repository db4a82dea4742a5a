"""Two revisions are measured in pairs; which of them is faster is nobody's test."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Iterator

import pytest

from load.bench import http_load
from tests.bench_pairs.__main__ import MEASURES, Pairs, measured
from tests.bench_pairs.measures import Bursts
from tests.bench_pairs.sides import Side, open_sides
from tests.rolling_upgrade.release import this_release


@pytest.fixture(scope="module")
def token_secret() -> str:
    return secrets.token_urlsafe(32)


@pytest.fixture(scope="module")
def side(tmp_path_factory: pytest.TempPathFactory, token_secret: str) -> Iterator[Side]:
    """This revision, with servers of its own."""
    folder = tmp_path_factory.mktemp("pairs")
    folder.chmod(0o755)
    with open_sides([this_release()], folder, token_secret) as [opened]:
        yield opened


def test_each_measure_loads_both_sides_in_turn(side, token_secret, tmp_path, monkeypatch):
    monkeypatch.setattr(http_load.shutil, "which", lambda _: None)  # wrk measures whole seconds
    bursts = Bursts(tmp_path, token_secret, 0.2, waiting=100)
    sides = [_named(side, "old"), side]

    pairs = {name: measured(bursts.measures[name], sides, 1) for name in MEASURES}

    assert all(one.before[0] > 0 and one.after[0] > 0 for one in pairs.values())


def test_a_ratio_is_of_the_two_bursts_of_a_pair():
    slow_then_fast = Pairs(before=[100.0, 1_000.0, 100.0], after=[90.0, 900.0, 90.0])

    described = slow_then_fast.described()

    assert "ratio 0.900 (0.900 to 0.900), 3 pairs" in described


def test_requests_that_fail_are_no_figure(side, tmp_path, monkeypatch):
    monkeypatch.setattr(http_load.shutil, "which", lambda _: None)
    bursts = Bursts(tmp_path, secrets.token_urlsafe(32), 0.2, waiting=1)  # another secret

    with pytest.raises(RuntimeError, match="failed"):
        bursts.enter(side)


def _named(side, name):
    return dataclasses.replace(side, release=dataclasses.replace(side.release, name=name))
