"""How many connections to Postgres the processes of a deployment open at most."""

from __future__ import annotations

# One to admit with, and one that only checks whether Postgres answers.
ADMITTER_DB_CONNECTIONS = 2
WORKER_DB_CONNECTIONS = 1


def db_connections_bound(*, web: int, workers: int, admitters: int = 1) -> int:
    """The sum over all processes, without commands run by hand.

    web: WEB_DB_CONNECTIONS of all web commands; workers: worker processes, with one each.
    """
    return web + WORKER_DB_CONNECTIONS * workers + ADMITTER_DB_CONNECTIONS * admitters
