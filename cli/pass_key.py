"""`waitroom pass-key`: makes the keys that sign passes, and lists those in use."""

from __future__ import annotations

import os
from enum import StrEnum
from typing import Annotated

import typer

from cli.coupon import Json
from cli.tables import make_table
from passes.pem import make_private_key
from processes.demo.folder import with_running_demo
from processes.settings.passes import PassSettings
from processes.settings.reader import BadSettings, read_settings
from processes.stores import console, print_json

app = typer.Typer(no_args_is_help=True, help="Make and list the keys that sign passes.")


class KeyAlgorithm(StrEnum):
    ES256 = "ES256"
    RS256 = "RS256"


@app.command()
def make(
    alg: Annotated[
        KeyAlgorithm, typer.Option(help="What the key signs with; ES256 is ten times as fast.")
    ] = KeyAlgorithm.ES256,
) -> None:
    """Print a new private key, for the file of PASS_KEYS_FILE. Keep it as secret as a password."""
    print(make_private_key(alg), end="")


@app.command(name="list")
def list_keys(as_json: Json = False) -> None:
    """List the keys of PASS_KEYS, without their private parts."""
    keys = read_settings(PassSettings, with_running_demo(dict(os.environ))).pass_keys
    if keys is None:
        raise BadSettings("PASS_KEYS is not set. Make a key with `waitroom pass-key make`.")
    found = [
        {"kid": key.kid, "alg": key.alg, "signs": key is keys.signing(key.alg)} for key in keys.keys
    ]
    if as_json:
        print_json(found)
        return
    table = make_table("kid", "algorithm", "signs")
    for one in found:
        table.add_row(str(one["kid"]), str(one["alg"]), "yes" if one["signs"] else "no")
    console.print(table)
