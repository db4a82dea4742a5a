"""Processes are replaced while people are served: behind a proxy none of them is to notice."""

import signal
import time
from pathlib import Path

import pytest

from issuance.issued_coupons import list_holders
from tests.house import WITHIN_S, House, eventually
from tests.rolling_restart import children, run


def test_every_process_is_replaced_in_the_middle_of_a_run_and_no_request_is_lost(
    house, engine, code
):
    seen, tally = run(house, code, members=300, a_second=50.0)

    assert dict(tally.failed) == {}
    assert {one.final for one in seen} == {"issued"}
    assert sorted(one.member_id for one in seen) == sorted(list_holders(engine, code))
    assert tally.returned > 0


def test_a_web_command_that_is_told_to_stop_serves_on_until_load_balancers_know(house, code):
    house.environ["DRAIN_S"] = "10"
    web = house.start_web()
    house.offer(code, total=3)
    takes_visitors = house.call("GET", "/livez/line")

    web.send_signal(signal.SIGTERM)
    eventually(lambda: probed(house) != 200)
    time.sleep(0.5)

    assert takes_visitors == (200, {"takes_visitors": True, "draining": False, "redis": True})
    assert probed(house) == 503
    assert house.member("POST", f"/api/rooms/{code}/enter", "alice")[0] == 202
    assert web.wait(WITHIN_S) == 0


def probed(house: House) -> int:
    """What a load balancer is answered; 0 where nothing answers."""
    try:
        return house.call("GET", "/livez/line")[0]
    except OSError:
        return 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_a_second_signal_to_stop_is_obeyed_at_once(house, number):
    house.environ["DRAIN_S"] = "300"
    web = house.start_web()

    web.send_signal(signal.SIGTERM)
    eventually(lambda: probed(house) == 503)
    web.send_signal(number)

    assert web.wait(WITHIN_S) == 0


def test_wrong_settings_leave_the_web_processes_as_they_are(house, tmp_path: Path):
    secret = tmp_path / "secret"
    secret.write_text(house.environ.pop("TICKET_SECRETS"))
    house.environ["TICKET_SECRETS_FILE"] = str(secret)
    web = house.start_web()
    old = children(web.pid)

    secret.write_text("too short")
    web.send_signal(signal.SIGHUP)
    eventually(lambda: "web processes not replaced" in house.log.read_text())

    assert house.call("GET", "/readyz")[0] == 200
    eventually(lambda: children(web.pid) == old)
    assert house.stop(web) == 0
