"""A steady stream: people arrive at a rate (`-r`) until all (`-u`) have come.

locust -f load/scenarios/steady_stream.py --headless -u 600 -r 20 --coupon spring
"""

from __future__ import annotations

from load.locust_users import shape
from load.locust_users.member import Member


class SteadyStream(shape.OneLifeEach):
    """20 a second where no rate is given."""

    arrivals_per_s = 20.0


class PasserBy(Member):
    """Comes, looks, and gets in line at once: the line is short and moves."""

    abstract = False

    def gather(self) -> None:
        """They come one after another, so nobody stands before a closed gate."""

    def try_to_get_one(self) -> None:
        self.look()
        super().try_to_get_one()
