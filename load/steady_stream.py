"""A steady stream: people arrive at a rate (`-r`) until all (`-u`) have come.

locust -f load/steady_stream.py --headless -u 600 -r 20 --coupon spring
"""

from __future__ import annotations

from load import everybody
from load.member import Member


class SteadyStream(everybody.Everybody):
    """20 a second where no rate is given."""

    arrivals_per_s = 20.0


class PasserBy(Member):
    """As in the open run, but the line is short and moves."""

    abstract = False
