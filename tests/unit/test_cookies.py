"""A cookie that is written directly is the one that the framework writes."""

import pytest
from starlette.responses import Response

from web.auth import cookies


@pytest.mark.parametrize("secure", [True, False])
@pytest.mark.parametrize("value", ["0", "1204", "eyJ-_x.a1"])
def test_a_raw_cookie_is_the_frameworks(value, secure):
    response = Response()
    more = {"secure": secure, "age_max_s": 604_800, "path": "/rooms/spring"}
    cookies.set_cookie(response, "from-spring", value, **more)

    raw = cookies.raw_cookie("from-spring", value, **more)

    assert [raw] == [value for name, value in response.raw_headers if name == b"set-cookie"]
