"""What the logs of all processes must not have: secrets, and what members sign in with."""

import urllib.request

from tests.house import eventually


def test_no_log_has_a_secret_or_a_members_token(house, code):
    house.environ |= {"LOG_REQUESTS": "1", "LOG_FORMAT": "json"}
    house.start_all()
    house.offer(code, total=2)
    token = house.identity.sign("alice")
    with_cookies = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    with_cookies.open(f"{house.base_url}/signin?token={token}").close()
    house.call("GET", "/api/me/coupons", token=token[:-3])
    house.member("POST", f"/api/rooms/{code}/enter", "alice")
    place = f"/api/rooms/{code}/place"
    eventually(lambda: house.member("GET", place, "alice")[1]["state"] == "issued")
    eventually(lambda: '"event": "issued"' in house.log.read_text())

    assert "/signin" in house.log.read_text(), "requests are written"
    house.keeps_its_secrets()
