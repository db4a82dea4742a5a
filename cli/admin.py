"""`waitroom admin`: manages the console's accounts."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from cli.coupon import Json
from cli.tables import make_table
from domain.admin import ROLES, Admin, check_password
from issuance import admins
from processes.settings.reader import BadSettings
from processes.stores import WHO, console, open_postgres, print_json
from web.auth.passwords import Passwords

app = typer.Typer(no_args_is_help=True, help="Add, list and remove the console's admins.")

Name = Annotated[str, typer.Argument(help="1 to 40 of A-Z a-z 0-9 . _ @ -.")]
FromStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input.")
]
SESSIONS_END = "their sessions end within two seconds"


@app.command()
def add(
    name: Name,
    role: Annotated[str, typer.Option(help=f"One of {', '.join(ROLES)}.")] = "viewer",
    password_stdin: FromStdin = False,
) -> None:
    """Add an admin. A viewer can read everything; an operator can also change it."""
    try:
        admin = Admin(name, role)  # type: ignore[arg-type]  # Admin checks the role
    except ValueError as error:
        raise BadSettings(f"{error}.") from None
    hashed = _hashed(from_stdin=password_stdin)
    with open_postgres() as engine:
        admins.add(engine, admin, hashed, who=WHO, now=datetime.now(UTC))
    console.print(f"{name} can sign in as {role}.", markup=False, highlight=False)


@app.command(name="list")
def list_admins(as_json: Json = False) -> None:
    """List the admins by name, without the `admin` of ADMIN_PASSWORD_HASH."""
    with open_postgres() as engine:
        found = admins.list_accounts(engine)
    if as_json:
        print_json([_as_json(one) for one in found])
        return
    table = make_table("name", "role", "enabled", "created")
    for one in found:
        created = f"{one.created_at:%Y-%m-%d %H:%M}Z"
        table.add_row(one.name, one.role, "no" if one.disabled else "yes", created)
    console.print(table)


@app.command()
def remove(name: Name) -> None:
    """Remove an admin and end their sessions."""
    with open_postgres() as engine:
        admins.remove(engine, name, who=WHO, now=datetime.now(UTC))
    console.print(f"{name} is removed; {SESSIONS_END}.", markup=False, highlight=False)


@app.command()
def disable(name: Name) -> None:
    """Disable an admin's account and end their sessions; `enable` restores it."""
    with open_postgres() as engine:
        admins.set_disabled(engine, name, True, who=WHO, now=datetime.now(UTC))
    console.print(f"{name} is disabled; {SESSIONS_END}.", markup=False, highlight=False)


@app.command()
def enable(name: Name) -> None:
    """Enable a disabled admin's account."""
    with open_postgres() as engine:
        admins.set_disabled(engine, name, False, who=WHO, now=datetime.now(UTC))
    console.print(f"{name} can sign in.", markup=False, highlight=False)


@app.command(name="sign-out")
def sign_out(name: Name) -> None:
    """End an admin's sessions in all browsers; also for the `admin` of ADMIN_PASSWORD_HASH."""
    with open_postgres() as engine:
        admins.sign_out_everywhere(engine, name, who=WHO, now=datetime.now(UTC))
    console.print(f"{name} is signed out: {SESSIONS_END}.", markup=False, highlight=False)


@app.command()
def password(name: Name, password_stdin: FromStdin = False) -> None:
    """Change an admin's password and end their sessions."""
    hashed = _hashed(from_stdin=password_stdin)
    with open_postgres() as engine:
        admins.set_password(engine, name, hashed, who=WHO, now=datetime.now(UTC))
    console.print(f"{name} has a new password; {SESSIONS_END}.", markup=False, highlight=False)


@app.command(name="hash")
def print_hash(password_stdin: FromStdin = False) -> None:
    """Print a password's hash, for ADMIN_PASSWORD_HASH."""
    print(_hashed(from_stdin=password_stdin))


def _hashed(*, from_stdin: bool) -> str:
    """Hash a password from two hidden prompts, or from the first line of standard input.

    Raises BadSettings if its length is out of bounds.
    """
    if from_stdin:
        text = sys.stdin.readline().rstrip("\r\n")
    else:
        text = typer.prompt("Password", hide_input=True, confirmation_prompt="Once more", err=True)
    try:
        check_password(text)
    except ValueError as error:
        raise BadSettings(f"The {error}.") from None
    return Passwords().hashed(text)


def _as_json(one: admins.AdminAccount) -> dict[str, object]:
    assert one.created_at is not None, "list_accounts reads it from the row"
    return {
        "name": one.name,
        "role": one.role,
        "disabled": one.disabled,
        "created_at": one.created_at.isoformat(),
    }
