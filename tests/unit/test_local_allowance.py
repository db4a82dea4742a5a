"""What a process allows by itself is its share among all processes."""

from __future__ import annotations

from typing import Any

import pytest

from waitroom.limits.rate_limiter import OWN_PART, RateLimiter

MOST = 10 * OWN_PART


@pytest.mark.parametrize(("processes", "allowed"), [(1, 10), (2, 5), (4, 2)])
def test_a_process_allows_its_share_without_redis(processes, allowed):
    unasked: Any = None
    limiter = RateLimiter(unasked, clock=lambda: 0.0)
    assert limiter.take("somebody else", MOST) == 0.0  # before it learns of the others

    limiter.share_among(processes)
    took = [limiter.take("alice", MOST) for _ in range(allowed + 1)]

    assert took == [0.0] * allowed + [None]
