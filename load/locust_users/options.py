"""Options: what our crowds add to Locust's command line, and what they make of all of it."""

from __future__ import annotations

from argparse import Namespace

from locust import events
from locust.argument_parser import LocustArgumentParser

from load.locust_users.crowd import Plan
from processes.settings.reader import BadSettings

PEOPLE = 1_000
# geventhttpclient looks at idle connections with select(), which knows no file above 1,023.
CONNECTIONS_MAX = 900
LOOKS = ("api", "page", "no")


@events.init_command_line_parser.add_listener
def add_options(parser: LocustArgumentParser) -> None:
    ours = parser.add_argument_group("Waiting room")
    ours.add_argument("--coupon", default="spring", help="the coupon's code")
    ours.add_argument(
        "--look", choices=LOOKS, default="api", help="what each looks at before entering"
    )
    ours.add_argument(
        "--connections", type=int, default=500, help=f"open at once, at most {CONNECTIONS_MAX}"
    )
    ours.add_argument(
        "--give-up", type=float, default=300.0, help="s after which nobody is waited for"
    )
    ours.add_argument(
        "--anywhere",
        action="store_true",
        help="yes, to a server that isn't this machine",
    )


def plan_from(options: Namespace, total_count: int) -> Plan:
    """Locust's -u people arrive -r a second. Raises BadSettings with a sentence."""
    if not 1 <= options.connections <= CONNECTIONS_MAX:
        raise BadSettings(f"--connections must be 1 to {CONNECTIONS_MAX}.")
    return Plan(
        code=options.coupon,
        total_count=total_count,
        look=options.look,
        people=options.num_users,
        within_s=options.num_users / options.spawn_rate,
        connections_max=options.connections,
        give_up_s=options.give_up,
    )
