"""The `waitroom` command: reads the settings of each process and runs it.

Each command imports its own modules: this halves the start-up time of a worker.
"""

from __future__ import annotations

import asyncio
import os
import sys
from importlib.metadata import PackageNotFoundError
from typing import Annotated

import typer
from rich.console import Console

from cli.lazy_group import LazyGroup
from cli.version import find_version
from domain.member import MEMBER_ID_RULE, BadMemberId, check_member_id
from processes.demo.folder import with_running_demo
from processes.log_config import configure_logging
from processes.open_files import raise_limit
from processes.settings.admitter import AdmitterSettings
from processes.settings.reader import BadSettings, read_settings
from processes.settings.stores import DatabaseSettings
from processes.settings.tokens import TokenSettings
from processes.settings.worker import WorkerSettings
from processes.supervisor import EXIT_BAD_SETTINGS

app = typer.Typer(
    name="waitroom",
    cls=LazyGroup,
    help="A virtual waiting room that issues exactly as many coupons as there are.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
console = Console()
errors = Console(stderr=True)


def print_version(is_asked: bool) -> None:
    if not is_asked:
        return
    try:
        print(f"waitroom {find_version()}")
    except PackageNotFoundError:
        raise BadSettings(
            "The version is unknown: install the wheel, or keep pyproject.toml beside `cli/`."
        ) from None
    raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    pass


Port = Annotated[int, typer.Option(min=1, max=65_535, help="The TCP port to listen on.")]


@app.command()
def demo(
    port: Port = 8000,
    coupons: Annotated[
        int,
        typer.Option(min=1, max=1_000_000, help="Coupons of a new sample; see --fresh."),
    ] = 1_000,
    rate: Annotated[
        float,
        typer.Option(min=0.1, max=100_000, help="Its admissions per second; see --fresh."),
    ] = 100,
    fresh: Annotated[
        bool,
        typer.Option(
            "--fresh",
            help="Delete the data of earlier demos first; without it, an earlier sample keeps its "
            "coupons and rate.",
        ),
    ] = False,
    site: Annotated[
        bool, typer.Option("--site", help="Also run a tiny shop, with a line in front of it.")
    ] = False,
    site_port: Annotated[int, typer.Option(min=1, max=65535, help="The shop's port.")] = 8080,
    caddy: Annotated[
        bool,
        typer.Option(help="Put Caddy in front of the shop, where Caddy is installed."),
    ] = True,
    seats: Annotated[
        int, typer.Option(min=1, max=10_000, help="Visitors in a new shop at once; see --fresh.")
    ] = 20,
) -> None:
    """Run all processes on embedded servers, with a sample coupon, until Ctrl-C."""
    from processes.demo.run import DemoOptions, run_demo
    from processes.demo.site import DemoSite

    configure_logging("text", "demo")
    shop = DemoSite(site_port, seats, f"127.0.0.1:{port}", has_caddy=caddy) if site else None
    raise typer.Exit(run_demo(DemoOptions(port, coupons, rate, fresh, site=shop), console))


@app.command()
def web(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Port = 8000,
    processes: Annotated[int, typer.Option(min=1, max=64, help="Processes on this port.")] = 1,
) -> None:
    """Run the web server: pages and API."""
    from processes.settings.web import WebSettings
    from processes.web import serve

    raise_limit()
    serve(read_settings(WebSettings, os.environ), host=host, port=port, processes=processes)


@app.command()
def admitter() -> None:
    """Run the admitter, which admits members at each room's rate. Any number may run."""
    from processes.admitter import run_admitter

    settings = read_settings(AdmitterSettings, os.environ)
    configure_logging(settings.LOG_FORMAT, "admitter")
    asyncio.run(run_admitter(settings))


@app.command()
def worker(
    workers: Annotated[
        int | None, typer.Option(min=1, max=64, help="Worker processes; default: WORKERS.")
    ] = None,
) -> None:
    """Run a pool of workers, which issue coupons with one Postgres connection each."""
    from processes.worker_pool import run_pool

    settings = read_settings(WorkerSettings, os.environ)
    configure_logging(settings.LOG_FORMAT, "worker")
    raise typer.Exit(run_pool(settings, workers or settings.WORKERS))


@app.command(name="migrate")
def migrate_database() -> None:
    """Upgrade the database's schema."""
    from issuance.deployment import deployment_id
    from issuance.migrate import migrate
    from issuance.postgres.engine import open_engine

    settings = read_settings(DatabaseSettings, with_running_demo(dict(os.environ)))
    engine = open_engine(settings.DATABASE_URL, connections_max=1, name="migrate")
    change = migrate(engine)
    made = deployment_id(engine)
    engine.dispose()
    console.print(f"{change} This deployment is {made}.", soft_wrap=True)


@app.command()
def token(
    member: Annotated[str, typer.Argument(help=MEMBER_ID_RULE)],
    valid_s: Annotated[int, typer.Option(min=1, help="Seconds until it expires.")] = 3_600,
) -> None:
    """Print a member token, for tests by hand."""
    from web.auth.member_tokens import MemberTokens
    from web.auth.token_claims import ClaimRules

    try:
        check_member_id(member)
    except BadMemberId as error:
        raise BadSettings(f"MEMBER is not valid: {error}.") from None
    settings = read_settings(TokenSettings, with_running_demo(dict(os.environ)))
    rules = ClaimRules(settings.MEMBER_TOKEN_AUDIENCE)
    identity = MemberTokens(settings.MEMBER_TOKEN_SECRETS, "", rules=rules)
    print(identity.sign(member, valid_s=valid_s))


def run() -> None:
    """The entry point: prints expected errors as a sentence; exits 2 for bad settings, else 1."""
    try:
        app(prog_name="waitroom")
    except BadSettings as error:
        errors.print(str(error), style="red", markup=False, highlight=False)
        sys.exit(EXIT_BAD_SETTINGS)
    except Exception as error:
        if not _is_self_explanatory(error):
            raise
        errors.print(str(error) or type(error).__doc__, style="red", markup=False, highlight=False)
        sys.exit(1)


def _is_self_explanatory(error: Exception) -> bool:
    """Whether the error's text says what to do, so that no traceback is needed."""
    from issuance.errors import OfficeError
    from processes.embedded import EmbeddedServerError
    from waitroom.errors import LineError

    return isinstance(error, (EmbeddedServerError, OfficeError, LineError))
