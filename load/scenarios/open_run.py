"""The open run: all arrive within a second, get in line, and wait for their outcome.

locust -f load/scenarios/open_run.py --headless -u 10000 --coupon spring
"""

from __future__ import annotations

from load.locust_users.member import Member
from load.locust_users.shape import OneLifeEach

__all__ = ["OneLifeEach", "OpenRun"]


class OpenRun(Member):
    """Loads the coupon, enters, polls when the answer says to, and ends with an outcome."""

    abstract = False
