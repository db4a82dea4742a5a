"""The commands that flood every route, and that fill every header, run and tell what they saw."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from types import SimpleNamespace

import pytest

from tests.house import ROOT
from tests.integration.test_every_route_is_counted import ROUTED, UNROUTED
from tests.route_flood.__main__ import median_of_three
from tests.route_flood.probes import Felt
from tests.route_flood.target import Target
from tests.route_flood.walk import Flooded
from tests.route_table import Call, calls_of


def run(*words: str) -> subprocess.CompletedProcess[str]:
    """On servers of its own: it refuses a Redis that has rooms, as the tests' own has."""
    environ = {n: v for n, v in os.environ.items() if n not in ("REDIS_URL", "DATABASE_URL")}
    argv = [sys.executable, "-m", *words]
    return subprocess.run(
        argv, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=300, check=False
    )


def test_the_route_table_is_the_applications_own(app):
    calls = calls_of(app.routes)

    assert {(call.method, call.route) for call in calls} >= {*ROUTED}
    assert {call.route for call in calls} >= {*UNROUTED}


def test_each_route_can_be_flooded(app):
    target = Target(SimpleNamespace(port=80), "line", "direct", {})

    asked = [target.request(call, {}).decode() for call in calls_of(app.routes)]

    assert not [one for one in asked if "{" in one.partition("\r\n")[0]]


def test_a_flood_of_some_routes_is_shown():
    only = ["--only", "/api/rooms/{code}/live", "--only", "POST /signout"]

    done = run(
        "tests.route_flood", "--seconds", "1", "--connections", "30",
        "--address-requests-max", "20", *only,
    )  # fmt: skip

    # How fast others were served is of this machine: that alone may be told as a fault.
    faults = re.findall(r"^  (?:GET|POST) .*: (.*)$", done.stdout, re.MULTILINE)
    assert set(faults) <= {"entering was slow", "the admin's change was late"}, done.stdout
    assert done.returncode == (1 if faults else 0), done.stdout + done.stderr
    rows = re.findall(r"^[A-Z]+ (\S+) +(member|stranger) +(\d+) +(\d+)", done.stdout, re.MULTILINE)
    # A slow flood is sent again; of its three, a busy machine may let one send very little.
    refusing = {(route, who) for route, who, _, refused in rows if int(refused)}
    assert len(refusing) == 4, done.stdout + done.stderr


def test_a_route_that_nobody_has_is_said_with_those_there_are():
    done = run("tests.route_flood", "--only", "/no/such/route")

    assert done.returncode == 1
    assert "GET /api/coupons" in done.stderr


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({}, None),
        ({"statuses": {"200": 90}}, "no refusals"),
        ({"counted": 5.0}, "the product counted 5 refusals only"),
        ({"felt": Felt([0.01], [1.1], [200])}, "the admin's change was late"),
        ({"felt": Felt([0.01], [], [200])}, "the admin's change was late"),
        ({"felt": Felt([0.01], [0.1], [200, 503])}, "health was not 200"),
        ({"felt": Felt([0.031], [0.1], [200])}, "entering was slow"),
        ({"felt": Felt([], [0.1], [200])}, "entering was slow"),
        ({"felt": Felt([0.01], [0.1], [200], ["entering: 429"])}, "entering: 429"),
    ],
)
def test_what_is_not_as_it_must_be_is_named(changes, fault):
    usual = {
        "call": Call("GET", "/api/coupons"),
        "who": "stranger",
        "statuses": {"200": 80, "429": 10},
        "streams": 0,
        "errors": 0,
        "per_s": 18.0,
        "counted": 10.0,
        "felt": Felt([0.01], [0.1], [200]),
        "quiet_p99_s": 0.01,
    }

    assert Flooded(**usual | changes).faults == ([fault] if fault else [])


async def test_a_slow_flood_is_judged_by_the_median_of_three():
    felt = [Felt([seconds], [0.1], [200]) for seconds in (0.05, 0.08, 0.02)]
    first, *others = [
        Flooded(Call("GET", "/metrics"), "stranger", {"429": 1}, 0, 0, 1.0, 1.0, one, 0.01)
        for one in felt
    ]

    class Again:
        async def flood(self, call, who):
            assert (call, who) == (first.call, first.who)
            return others.pop()

    assert await median_of_three(Again(), first) is first
    assert not others


def test_a_route_is_excused_by_its_answers_alone():
    looks, felt = Call("GET", "/static/app.css"), Felt([0.01], [0.1], [200])

    served = Flooded(looks, "stranger", {"200": 90}, 0, 0, 18.0, 0.0, felt, 0.01)
    broken = Flooded(looks, "stranger", {"404": 90}, 0, 0, 18.0, 0.0, felt, 0.01)

    assert "90 x 200" in served.excuse
    assert served.faults == []
    assert broken.faults == ["no refusals"]


def test_the_memory_of_headers_is_shown():
    words = ["--only", "x-forwarded-for", "--only", "accept-language"]

    done = run("tests.header_memory", "--values", "200", *words)

    assert done.returncode == 0, done.stdout + done.stderr
    rows = re.findall(r"^(X-Forwarded-For|Accept-Language) .* +200 +[\d.]+ +", done.stdout, re.M)
    assert len(rows) == 4, done.stdout
    assert "No header makes it grow by 64 MB." in done.stdout
