"""Options: adds the crowds' options to Locust's command line, and builds a Plan from all."""

from __future__ import annotations

from argparse import Namespace

from locust import events
from locust.argument_parser import LocustArgumentParser

from load.locust_users.crowd import Plan
from processes.settings.reader import BadSettings

PEOPLE = 1_000
# geventhttpclient looks at idle connections with select(), which stops at file number 1,023.
CONNECTIONS_MAX = 900
LOOKS = ("api", "page", "no")


@events.init_command_line_parser.add_listener
def add_options(parser: LocustArgumentParser) -> None:
    ours = parser.add_argument_group("Waiting room")
    ours.add_argument("--coupon", default="spring", help="The coupon's code.")
    ours.add_argument(
        "--look", choices=LOOKS, default="api", help="What each member loads before entering."
    )
    ours.add_argument(
        "--connections",
        type=int,
        default=500,
        help=f"Connections open at once, at most {CONNECTIONS_MAX}.",
    )
    ours.add_argument("--give-up", type=float, default=300.0, help="Time limit, s.")
    ours.add_argument(
        "--anywhere",
        action="store_true",
        help="Allow a server that is not on this machine.",
    )


def plan_from(options: Namespace, total_count: int) -> Plan:
    """Locust's -u members arrive, -r a second. Raises BadSettings."""
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
