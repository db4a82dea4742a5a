"""`waitroom adopt`: take over a Redis and a queue, or give a copied database an id of its own."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Annotated

import typer

from issuance.deployment import DeploymentClaim, deployment_id, renew_deployment_id
from issuance.postgres.engine import Engine
from processes.demo.folder import with_running_demo
from processes.deployment_watch import open_deployment
from processes.settings.reader import BadSettings, read_settings
from processes.settings.stores import StoreSettings
from processes.stores import console, open_postgres


def adopt(
    yes: Annotated[bool, typer.Option("--yes", help="ask nothing")] = False,
    new_id: Annotated[
        bool, typer.Option("--new-id", help="give this database, a copy, an id of its own")
    ] = False,
) -> None:
    """Make the Redis and the queue of these settings this deployment's.

    Processes of the deployment that they belonged to end within a second or two.
    """
    settings = read_settings(StoreSettings, with_running_demo(dict(os.environ)))
    with open_postgres() as engine:
        if new_id:
            _renew(engine, yes=yes)
        else:
            _take_over(settings, engine, yes=yes)


def _renew(engine: Engine, *, yes: bool) -> None:
    old = deployment_id(engine)
    _print_claims(
        f"This database gets a new id in place of {old}, which stays that of the database it was "
        "copied from. Nothing in Redis is changed: a Redis that holds the old id is the other "
        "deployment's from then on, and processes of this one end there."
    )
    _confirm(yes=yes)
    _print_claims(f"This deployment is {renew_deployment_id(engine)}.")


def _take_over(settings: StoreSettings, engine: Engine, *, yes: bool) -> None:
    own = deployment_id(engine)
    with open_deployment(settings, lambda: own) as deployment:
        held = {place: place.holder() for place in deployment.places}
        _print_claims(f"This deployment is {own}.")
        others = _foreign_claims(held, own)
        if others:
            _print_claims(
                "Processes of the other deployment that use these end within a second or two."
            )
            _confirm(yes=yes)
        for place, holder in held.items():
            if holder != own:
                place.take_over(own)
                instead = f", in place of {holder}" if holder else ""
                _print_claims(f"{place.words} is this deployment's now{instead}.")
    if all(holder == own for holder in held.values()):
        _print_claims("Its Redis and its queue are its own already.")


def _foreign_claims(held: dict[DeploymentClaim, str | None], own: str) -> Sequence[DeploymentClaim]:
    others = [place for place, holder in held.items() if holder not in (None, own)]
    for place in others:
        _print_claims(f"{place.words} belongs to {held[place]}.")
    return others


def _print_claims(sentence: str) -> None:
    console.print(sentence, markup=False, highlight=False, soft_wrap=True)


def _confirm(*, yes: bool) -> None:
    if yes:
        return
    try:
        is_meant = typer.confirm("Go on?")
    except typer.Abort:
        is_meant = False
    if not is_meant:
        raise BadSettings("Nothing was changed. (--yes asks nothing.)")
