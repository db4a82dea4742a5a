"""Processes are replaced while people are served: none of them is to notice."""

import signal
from pathlib import Path

from issuance.ledger import holders
from tests.house import eventually
from tests.rolling_restart import children, run


def test_every_process_is_replaced_in_the_middle_of_a_run_and_no_request_is_lost(
    house, engine, code
):
    seen, tally = run(house, code, members=300, a_second=50.0)

    assert dict(tally.failed) == {}
    assert {one.final for one in seen} == {"issued"}
    assert sorted(one.member_id for one in seen) == sorted(holders(engine, code))
    assert tally.returned > 0


def test_a_web_process_that_can_not_be_replaced_stays(house, tmp_path: Path):
    secret = tmp_path / "secret"
    secret.write_text(house.environ.pop("TICKET_SECRETS"))
    house.environ["TICKET_SECRETS_FILE"] = str(secret)
    web = house.start_web()
    old = children(web.pid)

    secret.write_text("too short")
    web.send_signal(signal.SIGHUP)
    eventually(lambda: "could not be replaced" in house.log.read_text())

    assert house.call("GET", "/readyz")[0] == 200
    eventually(lambda: children(web.pid) == old)
    assert house.stop(web) == 0
