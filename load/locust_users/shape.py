"""A run in which each user runs once, and which ends when all are done."""

from __future__ import annotations

from typing import Any, ClassVar

from locust import LoadTestShape, events
from locust.env import Environment
from locust.runners import LocalRunner

from load.crowd.target import Target, find_target
from load.locust_users.crowd import Crowd
from load.locust_users.offer import find_total_count
from load.locust_users.options import PEOPLE, plan_from
from load.locust_users.verdicts import RunVerdicts
from load.locust_users.visitor import Visitor, share_connections
from processes.open_files import raise_limit
from processes.settings.reader import BadSettings


class OneLifeEach(LoadTestShape):
    """All users wait at a gate from the start; then they arrive `-r` a second.

    Locust itself spawns users in batches, once a second, and blocks meanwhile.
    """

    abstract = False
    use_common_options = True  # -u and -r are read
    # Arrivals a second without -r; None: all within one second.
    arrivals_per_s: ClassVar[float | None] = None
    target: ClassVar[Target]
    total_count: ClassVar[int]

    def reset_time(self) -> None:
        """Called when a run begins; from Locust's web interface there may be several.

        Must not block: the first tick would come meanwhile.
        """
        super().reset_time()
        assert self.runner is not None
        options = self.runner.environment.parsed_options
        assert options is not None
        share_connections(Crowd(self.target, plan_from(options, self.total_count)))

    def tick(self) -> tuple[int, float] | None:
        crowd = Visitor.crowd
        if crowd.over.is_set() or crowd.has_given_up:
            return None
        return crowd.plan.people, crowd.plan.people


@events.init.add_listener
def prepare(environment: Environment, **_: Any) -> None:
    """Check the options before anything is sent; exit with a sentence if they can't work."""
    options, shape = environment.parsed_options, environment.shape_class
    assert options is not None
    assert isinstance(shape, OneLifeEach)
    if not isinstance(environment.runner, LocalRunner):
        raise SystemExit("A crowd is judged as a whole: run it in one process.")
    # Set here, because Locust's default would be 1.
    options.num_users = options.num_users or PEOPLE
    options.spawn_rate = options.spawn_rate or shape.arrivals_per_s or options.num_users
    try:
        OneLifeEach.target = find_target(options.host, anywhere=options.anywhere)
        OneLifeEach.total_count = find_total_count(OneLifeEach.target.base_url, options.coupon)
        plan_from(options, OneLifeEach.total_count)
    except BadSettings as error:
        raise SystemExit(f"locust: {error}") from None
    environment.host = OneLifeEach.target.base_url
    raise_limit()


endings = RunVerdicts()
events.test_stop.add_listener(endings.judge)
events.quitting.add_listener(endings.decide)
events.quit.add_listener(endings.print_verdicts)
