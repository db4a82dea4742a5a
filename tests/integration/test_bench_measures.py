"""Each measure of `bench` runs small, without wrk, and its figures are of what it says.

How fast it was is nobody's test.
"""

from __future__ import annotations

import io
import json
import shutil
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from load.bench.__main__ import ENVIRON, MEASURES
from load.bench.context import Bench
from load.bench.http_load import LoadOptions, LoadResult
from load.bench.measures import autopilot as autopilot_measure
from load.bench.measures import board as board_measure
from load.bench.measures import reload_storm as storm_measure
from load.bench.results import FAULTS, Summary
from processes.local_stack import LocalStack, ProcessCounts

SECONDS, STREAMS, PEOPLE_MAX = 0.3, 20, 300
IN_STORM = 60


@pytest.fixture(scope="module")
def stack() -> Iterator[LocalStack]:
    """On servers of its own: other rooms of a Redis would be let through."""
    with LocalStack(ProcessCounts(workers=1, environ=ENVIRON), {}) as made:
        yield made


@pytest.fixture
def measured(stack: LocalStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Measured:
    """Without wrk, which not every machine has."""
    found = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name: None if name == "wrk" else found(name))
    return Measured(
        Bench(stack, tmp_path, 1, SECONDS, Console(file=io.StringIO()), STREAMS, PEOPLE_MAX)
    )


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[LoadOptions, str]]:
    """Each load that a measure creates, with the first line of its file."""
    found: list[tuple[LoadOptions, str]] = []
    run = Bench.ask

    def ask(bench: Bench, options: LoadOptions) -> LoadResult:
        lines = options.tokens.read_text().splitlines() if options.tokens else [""]
        found.append((options, lines[0]))
        return run(bench, options)

    monkeypatch.setattr(Bench, "ask", ask)
    return found


class Measured:
    def __init__(self, bench: Bench) -> None:
        self.bench = bench

    def __call__(self, name: str, seconds: float = SECONDS) -> list[Summary]:
        """The rows of a measure, none of which saw a fault."""
        rows = MEASURES[name](replace(self.bench, seconds=seconds))
        assert rows, name
        for row in rows:
            assert row.value > 0 or row.unit.startswith("s "), row
            assert {fault: row.seen[fault] for fault in FAULTS if row.seen.get(fault)} == {}, row
        return rows


def test_enter_counts_new_members(measured):
    for row in measured("enter"):
        # Who was asked for when time was up is in line, and not counted.
        assert 0 < row.value * SECONDS <= row.seen["new members"], row
        assert row.baseline > 0


def test_entering_with_a_replica_counts_what_it_does_not_acknowledge(measured, asked):
    few, many, hanging = measured("replicas")

    for row in (few, many, hanging):
        assert row.baseline > 0
        assert 0 < row.value * SECONDS <= row.seen["new members"], row
    assert hanging.seen["unacknowledged"] > 0
    servers = [one.url.partition("/api")[0] for one, _ in asked]
    assert servers[::2] == servers[:1] * 3
    assert servers[1::2] == servers[1:2] * 3
    assert servers[0] != servers[1]


def test_check_is_asked_with_the_passes_of_living_visits(measured, asked):
    [row] = measured("check")

    assert row.baseline > 0
    assert row.seen["status"] == 200
    [(_, token)] = [one for one in asked if "/check/" in one[0].url]
    assert token.count(".") == 2


def test_place_is_asked_of_a_line(measured):
    [row] = measured("place")

    assert row.name == f"place, {PEOPLE_MAX} in line"
    assert row.baseline > 0
    assert row.seen["raw Redis per s"] > 0


def test_each_form_of_a_token_enters_beside_the_plain_one(measured, asked):
    rows = measured("tokens", seconds=0.1)

    sent = [_token_parts(token) for _, token in asked]
    assert [row.name.removeprefix("enter, token with ") for row in rows] == [
        "iat", "aud and nbf", "kid", "header in another order", "spaces",
    ]  # fmt: skip
    plain, others = sent[::2], sent[1::2]
    assert {(header, *claims) for header, claims, _ in plain} == {
        ('{"alg":"HS256","typ":"JWT"}', "sub", "exp")
    }
    assert [(header, *claims) for header, claims, _ in others] == [
        ('{"alg":"HS256","typ":"JWT"}', "sub", "iat", "exp"),
        ('{"alg":"HS256","typ":"JWT"}', "sub", "aud", "nbf", "exp"),
        ('{"alg":"HS256","kid":"2026-11","typ":"JWT"}', "sub", "exp"),
        ('{"typ":"JWT","alg":"HS256"}', "sub", "exp"),
        ('{"alg": "HS256", "typ": "JWT"}', "sub", "exp"),
    ]
    assert [" " in text for _, _, text in others] == [False] * 4 + [True]


def test_passes_are_signed_and_verified_beside_the_library_alone(measured):
    rows = measured("passes")

    assert [row.name for row in rows] == [
        f"{what}, {alg}"
        for alg in ("ES256", "RS256")
        for what in ("sign", "verify", "verify again")
    ]
    assert all(row.baseline > 0 for row in rows)
    assert [row.seen["wrong"] for row in rows if row.name.startswith("sign")] == [0, 0]


def _token_parts(token: str) -> tuple[str, list[str], str]:
    """The header, the names of the claims in their order, and the claims as they are written."""
    header, claims, _ = (urlsafe_b64decode(part + "==") for part in token.split("."))
    return header.decode(), list(json.loads(claims)), claims.decode()


def test_a_reload_storm_moves_nobody(measured, asked, monkeypatch):
    monkeypatch.setattr(storm_measure, "RELOAD_EVERY_S", 0.5)
    monkeypatch.setattr(storm_measure, "IN_LINE", IN_STORM)

    [row] = measured("reload-storm")

    assert row.seen["in line"] == IN_STORM
    assert row.seen["reloads"] >= IN_STORM
    assert row.baseline > 0
    [reloading] = [(one, cookies) for one, cookies in asked if one.method == "GET"]
    options, cookies = reloading
    assert (options.connections, options.per_s) == (IN_STORM, 2 * IN_STORM)
    assert "; ticket-" in cookies
    assert options.headers["Accept-Encoding"].startswith("gzip")


def test_visits_are_whole_and_by_new_people(measured):
    plain, with_static, beside_reloads = measured("visit")

    for row in (plain, with_static, beside_reloads):
        assert row.baseline > 0
        assert row.seen["bare answers/s"] > 0
    assert plain.value == pytest.approx(4 * plain.seen["visits/s"])
    assert 4 < plain.seen["kB a visit"] < 20
    assert 20 < with_static.seen["kB a visit"] < 45
    assert beside_reloads.seen["reloads /s"] > 0


def test_each_page_is_measured_against_answers_of_its_size(measured):
    coupon, form, ticket, fragment = measured("page")

    assert [one.name for one in (coupon, form, ticket, fragment)] == [
        "coupon page", "form", "ticket page", "fragment",
    ]  # fmt: skip
    for row in (coupon, form, ticket, fragment):
        assert row.against == f"bare answers of {row.seen['wire bytes']:,.0f} bytes"
        assert row.baseline > 0
    assert form.seen["wire bytes"] < fragment.seen["wire bytes"] < ticket.seen["wire bytes"]


def test_the_whole_chain_is_exact(measured):
    [row] = measured("chain")

    assert row.seen["coupons told per s"] > 0


def test_a_backlog_is_issued_to_its_last(measured):
    [row] = measured("backlog")

    assert row.name == f"from a line of {PEOPLE_MAX}"
    assert row.value * row.seen["took s"] == pytest.approx(PEOPLE_MAX)


def test_direct_issues_are_of_one_each(measured):
    assert [row.name for row in measured("pessimistic")] == [
        "pessimistic by HTTP, 8 connections",
        "pessimistic by HTTP, 64 connections",
    ]


@pytest.mark.parametrize("name", ["live", "pages"])
def test_streams_are_followed_by_all(measured, name):
    [row] = measured(name, seconds=3.0)  # longer than from one event to the next

    assert row.seen["streams"] == STREAMS
    assert 0 < row.seen["age p50 s"] < 30
    assert 100 < row.seen["bytes an event"] < 30_000


def test_a_crowd_of_a_million_comes_to_stand_in_line(measured):
    [row] = measured("million")

    assert row.seen["in line"] == PEOPLE_MAX
    assert row.seen["MB web"] > 10
    assert row.seen["place per s"] > 0


def test_a_board_is_asked_for_all_that_it_shows(measured, monkeypatch):
    monkeypatch.setattr(board_measure, "ROUNDS_MIN", 2)  # each line is the first once

    short, long = measured("board", seconds=0.05)

    assert long.baseline == short.value
    assert short.seen["page ms"] > 0


def test_a_flood_is_refused_and_others_are_not(measured):
    flood, cost = measured("limits")

    assert {"others refused", "alone refused"} <= flood.seen.keys()
    assert flood.seen["flood per s"] > 0
    assert cost.baseline > 0


def test_servers_are_measured_beside_a_bare_callable(measured):
    for row in measured("servers"):
        assert {"granian errors", "uvicorn errors", "bare errors"} <= row.seen.keys()
        assert row.seen["bare callable per s"] > 0
        assert row.baseline > 0


def test_the_autopilot_turns_the_rate_where_the_database_slows(measured, monkeypatch):
    for name, value in {"FAST_S": 1.0, "SLOW_S": 1.5, "AFTER_S": 0.5, "SETTLES_S": 0.0}.items():
        monkeypatch.setattr(autopilot_measure, name, value)

    steered, fixed = measured("autopilot")

    assert fixed.seen["rate while slower"] == autopilot_measure.RATE_PER_S
    assert steered.seen["rate while slower"] > 0
    for row in (steered, fixed):
        assert row.seen["issued per s while slower"] > 0


def test_each_measure_is_tried_here():
    tried = Path(__file__).read_text()

    assert [name for name in MEASURES if f'"{name}"' not in tried] == []
