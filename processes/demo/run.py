"""Runs the demo: web, admitter and workers on embedded servers, with a sample coupon."""

from __future__ import annotations

import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from domain.coupon import Coupon
from domain.discount import DiscountPolicy
from domain.inventory import Inventory
from domain.room_settings import RoomSettings
from issuance import offers
from issuance.errors import NoSuchCoupon
from issuance.migrate import migrate
from issuance.postgres.engine import open_engine
from processes.child_process import port_is_free
from processes.demo.folder import FOLDER, DemoSecrets, forget_environment, save_environment
from processes.demo.site import DemoSite
from processes.embedded import EmbeddedPostgres, EmbeddedValkey
from processes.private_files import make_private
from processes.settings.reader import BadSettings, read_settings
from processes.settings.web import WebSettings
from processes.signals import Ended, Signals
from processes.supervisor import ENDING, Child, supervise
from web.auth.passwords import Passwords

SAMPLE = "spring"
_OF_SERVERS = frozenset({"postgres", "valkey"})
READY_WITHIN_S = 120.0


@dataclass(frozen=True, slots=True)
class DemoOptions:
    port: int
    coupons: int
    rate_per_s: float
    fresh: bool
    host: str = "127.0.0.1"
    site: DemoSite | None = None

    @property
    def base_url(self) -> str:
        return f"http://{self.host}:{self.port}"


def run_demo(options: DemoOptions, console: Console) -> int:
    """Serve until Ctrl-C. Returns the exit code.

    Raises BadSettings, EmbeddedServerError, OfficeAway.
    """
    _refuse_taken(options.port, "--port")
    if options.site is not None:
        _refuse_taken(options.site.port, "--site-port")
    # From here on signals are only recorded, and checked where it is safe to stop.
    signals = Signals(*ENDING)
    try:
        return _run_all(options, console, signals)
    except Ended:
        return 0


def _refuse_taken(port: int, option: str) -> None:
    if not port_is_free(port):
        raise BadSettings(
            f"Port {port} is taken. If a demo is running there, end it with Ctrl-C; "
            f"otherwise choose another port with {option}."
        )


def _run_all(options: DemoOptions, console: Console, signals: Signals) -> int:
    folder = FOLDER.absolute()
    with ExitStack() as stack:
        environ = _prepare(folder, options, stack, console)
        signals.raise_if_ended()
        settings = read_settings(WebSettings, environ)
        _set_up_database(settings, options, console)
        save_environment(folder, environ)
        stack.callback(forget_environment, folder)
        processes = [
            Child("web", _command("web", "--host", options.host, "--port", str(options.port))),
            Child("admitter", _command("admitter")),
            Child("worker", _command("worker", "--workers", str(settings.WORKERS))),
        ]
        for child in processes:
            child.env = os.environ | environ
        if options.site is not None:
            # Without our environment, as a site's programs know none of our secrets.
            processes += options.site.processes(folder)
        started = _welcome(options, settings, console, signals)
        return supervise(processes, started=started, signals=signals)


def _prepare(
    folder: Path, options: DemoOptions, stack: ExitStack, console: Console
) -> dict[str, str]:
    """Start the needed servers. Returns the environment of the demo's processes."""
    given = {n: os.environ.get(n, "") for n in ("DATABASE_URL", "REDIS_URL")}
    if options.fresh and any(given.values()):
        raise BadSettings(
            "--fresh deletes data of embedded servers only: unset DATABASE_URL and REDIS_URL."
        )
    # As root, Postgres runs as another user, who must pass through the folder.
    make_private(folder, passable=os.geteuid() == 0, leave=_OF_SERVERS)
    for name, server in (
        ("DATABASE_URL", EmbeddedPostgres(folder / "postgres")),
        ("REDIS_URL", EmbeddedValkey(folder / "valkey")),
    ):
        if not given[name]:
            console.print(f"Starting {server.name} ...")
            if options.fresh:
                server.erase()
            given[name] = stack.enter_context(server).url
    made = DemoSecrets.load_or_create(folder)
    defaults = {
        "TICKET_SECRETS": made.ticket_secret,
        "MEMBER_TOKEN_SECRETS": made.member_token_secret,
        "ADMIN_TOKEN": made.admin_token,
        "ADMIN_PASSWORD_HASH": Passwords().hashed(made.admin_password),
        "PASS_KEYS": made.pass_keys,
        "BASE_URL": options.base_url,
        "DEMO": "1",
        "DRAIN_S": "0",  # no load balancer probes it
    }
    own = {name: os.environ[name] for name in WebSettings.model_fields if name in os.environ}
    return defaults | own | given


def _set_up_database(settings: WebSettings, options: DemoOptions, console: Console) -> None:
    engine = open_engine(settings.DATABASE_URL, connections_max=1, name="demo")
    try:
        migrate(engine)
        try:
            found = offers.get_offer(engine, SAMPLE).coupon
        except NoSuchCoupon:
            now = datetime.now(UTC)
            coupon = Coupon(
                id=uuid4(),
                code=SAMPLE,
                description="Spring sale: 5,000 off your next order",
                discount=DiscountPolicy("amount", 5_000),
                inventory=Inventory(options.coupons),
                opens_at=now,
                expire_date=now + timedelta(days=30),
            )
            burst = max(1, int(options.rate_per_s / 10))
            room = RoomSettings(rate_per_s=options.rate_per_s, burst=burst)
            offers.create_offer(engine, coupon, room, who="demo", now=now)
        else:
            left = found.inventory.remain_count
            console.print(
                f"Keeping the coupon [b]{SAMPLE}[/b] of an earlier demo with its rate, "
                f"{left:,} left (--fresh deletes it)."
            )
        if options.site is not None:
            options.site.set_up(engine)
    finally:
        engine.dispose()


def _command(*words: str) -> tuple[str, ...]:
    # -P: a folder `web` in the working directory must not shadow our package.
    return (sys.executable, "-P", "-m", "cli", *words)


def _welcome(
    options: DemoOptions, settings: WebSettings, console: Console, signals: Signals
) -> Callable[[], None]:
    def welcome() -> None:
        _wait_until_ready(options.base_url, signals)
        table = Table.grid(padding=(0, 2))
        for name, value in (
            ("Coupons", options.base_url + "/"),
            ("The sample", f"{options.base_url}/coupons/{SAMPLE}"),
            *([("The shop", options.site.base_url + "/")] if options.site else []),
            ("The console", options.base_url + "/admin"),
            ("Sign in there", f"as admin, with {_password()}"),
            ("API", options.base_url + "/openapi.json"),
            ("Admin token", settings.ADMIN_TOKEN),
            ("A crowd", f"python3 run.py crowd {SAMPLE} --members 10000"),
        ):
            table.add_row(f"[b]{name}[/b]", value)
        title = "The waiting room is open"
        console.print(Panel(table, title=title, subtitle="Ctrl-C ends it", expand=False))

    return welcome


def _password() -> str:
    if any(name in os.environ for name in ("ADMIN_PASSWORD_HASH", "ADMIN_PASSWORD_HASH_FILE")):
        return "the password of your ADMIN_PASSWORD_HASH"
    return DemoSecrets.load_or_create(FOLDER.absolute()).admin_password


def _wait_until_ready(base_url: str, signals: Signals) -> None:
    """Raises BadSettings if the web process is not ready in time, Ended after a signal."""
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline:
        signals.raise_if_ended()
        try:
            with urllib.request.urlopen(base_url + "/readyz", timeout=2):  # noqa: S310
                return
        except (urllib.error.URLError, OSError):
            signals.wait(0.1)
    raise BadSettings(f"The web process was not ready within {READY_WITHIN_S:.0f} s; see above.")
