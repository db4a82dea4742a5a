"""Each Locust crowd, in small, as its own process: it ends by itself, and every promise is kept."""

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.house import House, open_house
from tests.integration.load_cast import Run, run_locust
from tests.integration.web_cast import forget_rooms
from tests.servers import Servers, drop_database, fresh_database


@dataclass(frozen=True)
class Scenario:
    """issued, refused: of the members among all the people; coupons: on offer.

    rate_per_s: so low, where `rows` has somebody who waits, that a busy machine sees them wait.
    """

    words: tuple[str, ...]
    coupons: int
    issued: int
    refused: int
    rate_per_s: float = 60.0
    rows: tuple[str, ...] = ()


SCENARIOS = {
    "open_run": Scenario(
        ("-u", "200", "--look", "page"), 60, 60, 140,
        rows=("page of the coupon", "enter (waiting)", "place (issued)", "after arriving (issued)"),
    ),
    "steady_stream": Scenario(("-u", "60", "-r", "30"), 100, 60, 0, rows=("coupon (open)",)),
    "double_clickers": Scenario(("-u", "80"), 30, 30, 50, rows=("enter (waiting)",)),
    "leavers": Scenario(
        ("-u", "60"), 200, 60, 0, rate_per_s=10,
        rows=(
            "leave",
            "a member who left starts at the end",
            "a returning member has the same place",
        ),
    ),
    "pollers": Scenario(("-u", "60"), 30, 30, 30, rate_per_s=8, rows=("place (waiting)",)),
    "bots": Scenario(
        ("-u", "24"), 8, 8, 4,
        rows=("bot: enter (bad_token)", "bot: place (bad_ticket)", "a bot is refused"),
    ),
    "member_journey": Scenario(
        ("-u", "30", "-r", "20"), 20, 20, 10, rate_per_s=5,
        rows=(
            "page: enter", "page of the ticket (waiting)", "a coupon is used once", "static file",
        ),
    ),
    "browsers": Scenario(
        ("-u", "40"), 15, 15, 25, rate_per_s=3,
        rows=(
            "page of the coupon", "static file", "page: enter", "page of the ticket (waiting)",
            "a browser keeps its ticket", "stream: first event",
        ),
    ),
}  # fmt: skip
# Half of what they take is waiting for their turn.
AT_ONCE = 4


@pytest.fixture(scope="module")
def codes() -> dict[str, str]:
    """The coupon of each scenario."""
    return {name: f"t-{secrets.token_hex(5)}" for name in SCENARIOS}


@pytest.fixture(scope="module")
def house(
    servers: Servers,
    template: str,
    tmp_path_factory: pytest.TempPathFactory,
    codes: dict[str, str],
) -> Iterator[House]:
    """One for all of them; each has a coupon of its own."""
    name = f"waitroom_load_{secrets.token_hex(4)}"
    url = fresh_database(servers.database_url, name, template=template)
    with open_house(url, servers.redis_url, tmp_path_factory.mktemp("house")) as made:
        made.start_all()
        yield made
    # Not before: the admitter would make them again.
    for code in codes.values():
        forget_rooms(servers.redis_url, code)
    drop_database(servers.database_url, name)


@pytest.fixture(scope="module")
def runs(
    house: House, codes: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Run]:
    def run(name: str) -> Run:
        scenario, folder = SCENARIOS[name], tmp_path_factory.mktemp(name)
        house.offer(codes[name], scenario.coupons, rate_per_s=scenario.rate_per_s, burst=1)
        words = (*scenario.words, "--coupon", codes[name], "--connections", "100")
        return run_locust(house, f"load/scenarios/{name}.py", *words, folder=folder)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(zip(SCENARIOS, pool.map(run, SCENARIOS), strict=True))


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_crowd_ends_by_itself_with_every_promise_kept(runs: dict[str, Run], name: str):
    scenario, run = SCENARIOS[name], runs[name]

    assert run.exit_code == 0, run.said
    assert run.failures == {}
    assert "Every promise was kept." in run.said
    assert run.verdict["got a coupon"] == str(scenario.issued)
    assert run.verdict["were refused"] == str(scenario.refused)
    assert run.verdict["rows in Postgres"] == f"{scenario.issued} of {scenario.coupons}"
    assert [row for row in scenario.rows if not run.requests.get(row)] == []


def test_every_scenario_is_tried_here():
    folder = Path(__file__).parents[2] / "load" / "scenarios"

    files = {file.stem for file in folder.glob("[!_]*.py")}

    assert files == set(SCENARIOS)
