"""`waitroom reconcile`: lists the differences between Redis and Postgres, and repairs them."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.text import Text

from application.reconcile import Found, Reconciliation, RepairResult, failed_jobs_in
from cli.coupon import Code, Json
from cli.tables import make_table
from issuance.offers import get_offer
from issuance.queue.redis_connection import open_queue_redis
from processes.demo.folder import with_running_demo
from processes.deployment_watch import refuse_other_deployment
from processes.settings.admitter import AdmitterSettings
from processes.settings.reader import read_settings
from processes.stores import WHO, console, open_postgres, print_json
from waitroom.errors import LineError, NoSuchRoom
from waitroom.line import open_line


def reconcile(
    code: Code,
    repair: Annotated[bool, typer.Option("--repair", help="Repair the differences.")] = False,
    as_json: Json = False,
) -> None:
    """Compare Redis with Postgres; exit with 1 if a difference is left."""
    settings = read_settings(AdmitterSettings, with_running_demo(dict(os.environ)))
    done = asyncio.run(_reconcile(settings, code, repair=repair))
    found, left = done.found, done.left
    if as_json:
        print_json({"room": code, "found": found, "left": left})
    else:
        _show(code, found, left, repair=repair)
    raise typer.Exit(1 if left else 0)


async def _reconcile(settings: AdmitterSettings, code: str, *, repair: bool) -> RepairResult:
    line = open_line(settings.REDIS_URL, connections_max=1)
    name = settings.QUEUE_NAME
    with (
        open_postgres() as engine,
        open_queue_redis(settings.queue_redis_url, timeout_s=5) as queue_redis,
    ):
        deployment = ""
        if repair:
            deployment = refuse_other_deployment(settings, engine)
        queue = failed_jobs_in(
            queue_redis, name, batch_max=settings.BATCH_MAX, deployment=deployment
        )
        reconciliation = Reconciliation(line, engine, queue, asyncio.to_thread, code)
        try:
            if not repair:
                found = await reconciliation.differences()
                return RepairResult(found, found)
            return await reconciliation.repair(who=WHO, now=datetime.now(UTC))
        except NoSuchRoom:
            if get_offer(engine, code).room is None:
                raise
            raise LineError(
                f"The line's Redis has no room {code}, so it has told no member anything. The "
                "admitter creates the room from Postgres. Is REDIS_URL right?"
            ) from None
        finally:
            await line.aclose()


def _show(code: str, found: Found, left: Found, *, repair: bool) -> None:
    if not found:
        console.print(f"{code}: no difference between Redis and Postgres.", highlight=False)
        return
    table = make_table("difference", "found", *(["left"] if repair else []), "examples")
    for kind in dict.fromkeys([*found, *left]):
        subjects = found.get(kind) or left.get(kind, [])
        examples = ", ".join(subjects[:3]) + (", ..." if len(subjects) > 3 else "")
        numbers = [f"{len(found.get(kind, [])):,}"]
        numbers += [f"{len(left.get(kind, [])):,}"] if repair else []
        # Text: rich would read brackets in an id as markup.
        table.add_row(kind, *numbers, Text(examples))
    console.print(table)
    if not repair:
        console.print(f"Nothing was changed. To repair it: waitroom reconcile {code} --repair")
