"""A page arrives on a bad network: what a first visit loads stays small."""

import gzip
import re

import pytest

from tests.unit.place_template_cast import KO
from tests.unit.template_cast import WEB, html_of, pages

BYTES_MAX = 60_000
GZIP_FROM_BYTES, GZIP_LEVEL = 1_000, 9  # as the application's middleware does it


def served(body: bytes) -> int:
    return len(gzip.compress(body, GZIP_LEVEL)) if len(body) >= GZIP_FROM_BYTES else len(body)


@pytest.mark.parametrize(
    "name", ["coupons", "coupon lobby, queue, no place", "room waiting, unlikely", "room issued"]
)
def test_a_first_visit_loads_little(name):
    template, context = pages(KO)[name]
    html = html_of(template, KO, **context)
    links = set(re.findall(r'"/static/([^"?]+)\?v=', html))

    total = served(html.encode()) + sum(
        served((WEB / "static" / one).read_bytes()) for one in links
    )

    assert len(links) >= 3
    assert total < BYTES_MAX
