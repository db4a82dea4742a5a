"""Hooks: what Schemathesis can't read in /openapi.json, because no schema can say it.

It loads this module by the name in its configuration, in a process of its own.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import schemathesis
from hypothesis import strategies as st
from schemathesis.core.failures import Failure
from schemathesis.core.transport import Response
from schemathesis.generation.case import Case
from schemathesis.hooks import HookContext
from schemathesis.openapi.checks import RejectedPositiveData

from domain.branding import LOGO_BYTES_MAX
from domain.coupon import YEAR_MAX, YEAR_MIN

# Pictures as the server tells them: by what they begin with, and not larger than a logo may be.
_BEGINNINGS = {
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/jpeg": b"\xff\xd8\xff",
    "image/webp": b"RIFF\x00\x00\x00\x00WEBP",
}
for _kind, _beginning in _BEGINNINGS.items():
    schemathesis.openapi.media_type(
        _kind, st.binary(max_size=LOGO_BYTES_MAX // 8).map(_beginning.__add__)
    )

# Times of the years that we take. Of all there are, too few would be left for its generator.
schemathesis.openapi.format(
    "date-time",
    st.datetimes(
        min_value=datetime(YEAR_MIN, 1, 2),  # noqa: DTZ001 - its zone is drawn
        max_value=datetime(YEAR_MAX, 12, 30),  # noqa: DTZ001
        timezones=st.sampled_from(
            [UTC, timezone(timedelta(hours=9)), timezone(-timedelta(hours=5))]
        ),
    ).map(datetime.isoformat),
)

# Rules about two fields of one request, or about a request and what is there already. A request
# that breaks one of these alone follows its schema and is refused all the same, with 422. Any
# other refusal of valid data is a fault.
_BEYOND_A_SCHEMA = re.compile(
    "opens_at must come before (expire_date|closes_at) \\("
    "|rate_min_per_s must be at most rate_max_per_s \\("
    r"|total_count must be at least [\d,]+, the number already issued, "
    "|opening can’t be changed any more: the lobby opened at "
    "|hosts must look like "
    "|Send closes_at or never_closes, not both"
)


@schemathesis.hook
def filter_failure(context: HookContext, failure: Failure, case: Case, response: Response) -> bool:
    """Whether it is a fault."""
    if not isinstance(failure, RejectedPositiveData) or failure.status_code != 422:
        return True
    problem: Any = response.json()
    return _BEYOND_A_SCHEMA.match(problem.get("detail", "")) is None
