"""`waitroom site`: creates sites, shows and changes them, and rotates their secrets."""

from __future__ import annotations

import os
from typing import Annotated

import typer
from rich.text import Text

from cli.coupon import Json
from cli.site_room import app as room_app
from cli.tables import make_rows, make_table, to_the_second
from domain.coupon import CODE_LENGTH_MAX
from domain.settings_spec import DAY_S
from domain.sites.site import NAME_LENGTH_MAX, Site
from issuance.sites import secrets, sites
from issuance.sites.secret_encryption import SecretEncryption
from processes.demo.folder import with_running_demo
from processes.settings.reader import BadSettings, read_settings
from processes.settings.sites import SiteSecretsSettings
from processes.stores import WHO, console, open_postgres, print_json, read_postgres_time
from web.schemas.sites import SiteOut

app = typer.Typer(no_args_is_help=True, help="Create sites and their rooms, rotate secrets.")
app.add_typer(room_app, name="room")

SiteCode = Annotated[
    str, typer.Argument(help=f"The site's code: 1 to {CODE_LENGTH_MAX} of a-z 0-9 _ -.")
]
Hosts = Annotated[
    list[str],
    typer.Option(
        "--host",
        help="A host of the site, such as shop.example or http://localhost:8080; repeat it.",
    ),
]
Name = Annotated[str, typer.Option(help=f"What people read, 1 to {NAME_LENGTH_MAX} characters.")]
KeepS = Annotated[
    int,
    typer.Option(min=0, max=7 * DAY_S, help="Seconds until earlier ones end; 0: at once."),
]


@app.command()
def create(code: SiteCode, name: Name, host: Hosts, as_json: Json = False) -> None:
    """Create a site, and print its API key once."""
    now = read_postgres_time()
    with open_postgres() as engine:
        try:
            site = sites.create_site(engine, code, name, host, who=WHO, now=now)
        except ValueError as error:
            raise BadSettings(str(error)) from None
        key = secrets.make_api_key(engine, site.code, keep_s=0, who=WHO, now=now)
        made = sites.get_site(engine, code)
    if as_json:
        print_json(_as_json(made) | {"api_key": key})
        return
    _print_site(made)
    _print_secret("api_key", key)


@app.command(name="list")
def list_sites(as_json: Json = False) -> None:
    """List all sites, by code."""
    with open_postgres() as engine:
        found = sites.list_sites(engine)
    if as_json:
        print_json([_as_json(site) for site in found])
        return
    table = make_table("code", "name", "hosts")
    for site in found:
        table.add_row(site.code, Text(site.name), " ".join(site.hosts))
    console.print(table)


@app.command()
def show(code: SiteCode, as_json: Json = False) -> None:
    """Show a site, and when its secrets start and end; never a secret itself."""
    with open_postgres() as engine:
        site = sites.get_site(engine, code)
    if as_json:
        print_json(_as_json(site))
    else:
        _print_site(site)


@app.command(name="set")
def change(
    code: SiteCode,
    name: Annotated[str | None, typer.Option(help="What people read.")] = None,
    host: Annotated[
        list[str] | None, typer.Option("--host", help="Replaces all hosts; repeat it.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Change a site's name, or all its hosts; every process applies it within a second."""
    now = read_postgres_time()
    with open_postgres() as engine:
        try:
            sites.change_site(engine, code, name=name, hosts=host or None, who=WHO, now=now)
        except ValueError as error:
            raise BadSettings(str(error)) from None
    show(code, as_json=as_json)


rotate = typer.Typer(no_args_is_help=True, help="Make a new secret of a site; print it once.")
app.add_typer(rotate, name="rotate")


@rotate.command()
def api_key(code: SiteCode, keep_s: KeepS = DAY_S, as_json: Json = False) -> None:
    """A new API key, valid at once; earlier ones stay valid for a day, or --keep-s."""
    with open_postgres() as engine:
        now = read_postgres_time()
        made = secrets.make_api_key(engine, code, keep_s=keep_s, who=WHO, now=now)
    _show_secret("api_key", made, as_json=as_json)


@rotate.command()
def pass_secret(
    code: SiteCode,
    begins_in_s: Annotated[
        int, typer.Option(min=0, max=DAY_S, help="Seconds until it signs: give it to verifiers.")
    ] = 600,
    keep_s: KeepS = DAY_S,
    as_json: Json = False,
) -> None:
    """A new secret for passes with HS256; it signs after 10 minutes, or --begins-in-s."""
    encryption = read_encryption()
    with open_postgres() as engine:
        made = secrets.make_pass_secret(
            engine,
            code,
            encryption,
            begins_in_s=begins_in_s,
            keep_s=keep_s,
            who=WHO,
            now=read_postgres_time(),
        )
    _show_secret("pass_secret", made, as_json=as_json)


@app.command()
def reencrypt() -> None:
    """Encrypt all pass secrets with the first key of SITE_SECRETS_KEYS."""
    encryption = read_encryption()
    with open_postgres() as engine:
        count = secrets.encrypt_again(engine, encryption)
    console.print(f"Encrypted {count} pass secrets with the first key.")


def read_encryption() -> SecretEncryption:
    settings = read_settings(SiteSecretsSettings, with_running_demo(dict(os.environ)))
    return SecretEncryption(settings.SITE_SECRETS_KEYS)


def _as_json(site: Site) -> dict[str, object]:
    return SiteOut.from_site(site).model_dump(mode="json")


def _print_site(site: Site) -> None:
    rows = {"code": site.code, "name": site.name, "hosts": " ".join(site.hosts)}
    console.print(make_rows(rows))
    if not site.secrets:
        return
    table = make_table("secret", "starts", "ends")
    for one in site.secrets:
        ends = to_the_second(one.ends_at) if one.ends_at else "-"
        table.add_row(one.purpose, to_the_second(one.starts_at), ends)
    console.print(table)


def _show_secret(name: str, secret: str, *, as_json: bool) -> None:
    if as_json:
        print_json({name: secret})
    else:
        _print_secret(name, secret)


def _print_secret(name: str, secret: str) -> None:
    console.print(make_rows({name: secret}))
    console.print("Keep it now: it can't be shown again.")
