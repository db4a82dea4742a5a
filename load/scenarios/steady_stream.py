"""A steady stream: members arrive at a rate (`-r`) until all (`-u`) have come.

locust -f load/scenarios/steady_stream.py --headless -u 600 -r 20 --coupon spring
"""

from __future__ import annotations

from load.locust_users import shape
from load.locust_users.member import Member


class SteadyStream(shape.OneLifeEach):
    """20 a second without `-r`."""

    arrivals_per_s = 20.0


class PasserBy(Member):
    """Loads the coupon and gets in line at once; the line is short and moves."""

    abstract = False

    def gather(self) -> None:
        """Nothing: they arrive one after another."""

    def try_to_get_one(self) -> None:
        self.look()
        super().try_to_get_one()
