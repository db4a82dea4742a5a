"""What Chromium asks for at a first visit until the stream is open is what the pages name."""

from load.crowd.target import Target
from load.first_paint import Network, open_first
from load.request_count import counting_relay
from tests.integration.test_page_weight import BYTES_MAX, REQUESTS_MAX


def test_a_first_visit_is_few_requests_until_the_stream_is_open(browser, house, code):
    house.offer(code, total=5)
    house.admin("PATCH", f"/rooms/{code}", {"state": "paused"})
    target = Target(house.base_url, house.identity, house.environ)

    with counting_relay(house.base_url) as relay:
        coupon, ticket = open_first(browser, relay, target, code, Network(0, 10_000_000))

    assert coupon.asked[0] == f"/coupons/{code}"
    assert ticket.asked[0] == f"/rooms/{code}"
    assert f"/rooms/{code}/live" in ticket.asked
    assert ticket.wire_bytes > 20_000  # with the scripts of a page that waits
    for visit in (coupon, ticket):
        assert 4 <= len(visit.asked) <= REQUESTS_MAX, visit.asked
        assert 5_000 < visit.wire_bytes < BYTES_MAX
        assert visit.first_paint_s > 0
