"""The interface as /openapi.json describes it, in small: `python3 run.py contract` asks far more.

And a sample of what tests/unit/test_forged.py tries, over HTTP, with real processes.
"""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from secrets import token_hex
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.contract.callers import Stage, set_stage, stage_settings
from tests.contract.schemathesis_run import run_schemathesis
from tests.forging import absurd, jwt_of, mangled, texts, with_the_signature_of
from tests.house import House, open_house
from tests.integration.web_cast import forget_rooms
from tests.servers import Servers, drop_database, fresh_database

SAMPLES = 25


@pytest.fixture(scope="module")
def stage(
    servers: Servers, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    """One for both: its processes take longer to start than all that is asked of them here."""
    prefix = f"t-{token_hex(5)}"
    database_url = fresh_database(servers.database_url, f"{prefix}-contract", template=template)
    folder = tmp_path_factory.mktemp("contract")
    with open_house(database_url, servers.redis_url, folder, **stage_settings()) as house:
        house.start_all()
        yield set_stage(house, prefix)
    forget_rooms(servers.redis_url, prefix)
    drop_database(servers.database_url, f"{prefix}-contract")


def test_every_answer_is_one_that_the_description_tells(stage):
    outcome = run_schemathesis(stage, "everybody", examples=1, seed=1, phases="examples,fuzzing")

    assert outcome.is_good, outcome.said
    assert outcome.operations == 75
    assert outcome.requests > 74


def headers_of(kind: str, text: str) -> dict[str, str]:
    if kind == "token":
        return {"Authorization": f"Bearer {text}"}
    return {"Waitroom-Ticket": text} if kind == "ticket" else {"Cookie": f"{kind}={text}"}


def status(house: House, path: str, headers: dict[str, str]) -> int | None:
    """None where the text can't even be sent, or the server hangs up on it."""
    url = urlsplit(house.base_url)
    connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=60)
    try:
        connection.request("GET", path, headers=headers)
        return connection.getresponse().status
    except (UnicodeError, ValueError, ConnectionError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def sampled(strategy: st.SearchStrategy[str], count: int) -> list[str]:
    """So many of them, each time the same."""
    found: list[str] = []

    @settings(
        max_examples=count,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def keep(text: str) -> None:
        found.append(text)

    keep()
    return found


def test_what_nobody_here_signed_opens_nothing(stage):
    house = stage.house
    good = {kind: text for one in stage.callers.values() for kind, text in one.items()}
    kinds = {"memberToken": "token", "ticket": "ticket", "session": "member_session",
             "adminToken": "token", "adminSession": "admin_session"}  # fmt: skip
    path = {"adminToken": "/api/admin/audit", "adminSession": "/api/admin/audit"}
    told: dict[str, list[int | None]] = {}

    for scheme, text in good.items():
        forged = [jwt_of({"alg": "none"}, {"sub": "alice", "exp": 4e9}, None), text[:-3], ""]
        forged += [with_the_signature_of(text, other) for other in good.values() if other != text]
        forged += sampled(st.one_of(mangled(text), texts, absurd), SAMPLES)
        where = path.get(scheme, f"/api/rooms/{stage.codes[0]}/place")
        assert status(house, where, headers_of(kinds[scheme], text)) == 200
        # The last letter of a signature has bits that nobody reads.
        sent = [one for one in forged if one.strip()[:-1] != text[:-1]]
        told[scheme] = [status(house, where, headers_of(kinds[scheme], one)) for one in sent]

    for scheme, statuses in told.items():
        assert set(statuses) <= {401, 403, 400, 431, None}, (scheme, statuses)
        assert statuses.count(401) + statuses.count(403) > SAMPLES / 3, (scheme, statuses)
    assert house.call("GET", "/healthz")[0] == 200
