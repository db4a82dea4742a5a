"""The open run: everybody comes within a second, gets in line, and waits to be told.

locust -f load/scenarios/open_run.py --headless -u 10000 --coupon spring
"""

from __future__ import annotations

from load.locust_users.member import Member
from load.locust_users.shape import OneLifeEach

__all__ = ["OneLifeEach", "OpenRun"]


class OpenRun(Member):
    """Looks at the coupon, enters, asks when told to, and goes with what they got."""

    abstract = False
