"""`waitroom adopt`: takes over a Redis and a queue, or gives a copied database a new id."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Annotated

import typer

from issuance.deployment import DeploymentClaim, deployment_id, renew_deployment_id
from issuance.errors import OfficeAway
from issuance.postgres.engine import Engine
from processes.demo.folder import with_running_demo
from processes.deployment_watch import open_deployment
from processes.settings.reader import BadSettings, read_settings
from processes.settings.stores import StoreSettings
from processes.stores import console, open_postgres


def adopt(
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask for confirmation.")] = False,
    new_id: Annotated[
        bool, typer.Option("--new-id", help="Give this database, a copy of another, a new id.")
    ] = False,
) -> None:
    """Take over the Redis and the queue that the settings name, for this deployment.

    Processes of the deployment that owned them stop within a second or two.
    """
    settings = read_settings(StoreSettings, with_running_demo(dict(os.environ)))
    with open_postgres() as engine:
        if new_id:
            _renew(settings, engine, yes=yes)
        else:
            _take_over(settings, engine, yes=yes)


def _renew(settings: StoreSettings, engine: Engine, *, yes: bool) -> None:
    old = deployment_id(engine)
    _print_claims(
        f"This database gets a new id. The database that it was copied from keeps {old}. Nothing "
        "in Redis changes: a Redis that holds the old id belongs to the other deployment from then "
        "on, and processes of this deployment that use it stop."
    )
    _confirm(yes=yes)
    new = renew_deployment_id(engine)
    _print_claims(f"This deployment is {new}.")
    with open_deployment(settings, lambda: new) as deployment:
        for place in deployment.places:
            _explain_claim(place, copied_from=old)


def _explain_claim(place: DeploymentClaim, *, copied_from: str) -> None:
    """What to do before the first process of a copied database starts."""
    try:
        holder = place.holder()
    except OfficeAway as error:
        _print_claims(f"{place.words} can't be checked: {error}.")
        return
    if holder == copied_from:
        _print_claims(f"{place.words} belongs to the original, {holder}. {place.advice}")
    elif holder is not None:
        _print_claims(
            f"{place.words} belongs to {holder}. If this database has replaced that one, stop all "
            "processes, empty that Redis database (FLUSHDB, if nothing else is in it), and start "
            f"them again: its members are not in this database. Otherwise: {place.advice}"
        )


def _take_over(settings: StoreSettings, engine: Engine, *, yes: bool) -> None:
    own = deployment_id(engine)
    with open_deployment(settings, lambda: own) as deployment:
        held = {place: place.holder() for place in deployment.places}
        _print_claims(f"This deployment is {own}.")
        others = _foreign_claims(held, own)
        if others:
            _print_claims(
                "Processes of the other deployment that use these stop within a second or two."
            )
            _confirm(yes=yes)
        for place, holder in held.items():
            if holder != own:
                place.take_over(own)
                before = f", no longer to {holder}" if holder else ""
                _print_claims(f"{place.words} now belongs to this deployment{before}.")
    if all(holder == own for holder in held.values()):
        _print_claims("Its Redis and its queue already belong to it.")


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
        raise BadSettings("Nothing was changed. (--yes skips the question.)")
