"""Jobs that the desk did not write: none of what they name is imported or called."""

from __future__ import annotations

import os
import secrets
import sys
import time

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from issuance import worker
from issuance.desk import Desk, DeskLimits, forget_queue
from issuance.worker import PoolWorker, Post
from tests.integration.cast import on_offer
from tests.integration.job_cast import TRAP, foreign_fields, good_fields, packed, set_trap

FEW = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def sprung(tmp_path, monkeypatch):
    """The file that appears where the trap is imported, called, or made."""
    monkeypatch.syspath_prepend(str(tmp_path))
    path = set_trap(tmp_path)
    monkeypatch.setattr(os, "system", lambda *_: path.write_text("os.system"))
    yield path
    sys.modules.pop(TRAP, None)


@pytest.fixture
def queue(conveyor):
    name = f"test-foreign-{secrets.token_hex(4)}"
    yield name
    forget_queue(conveyor, name)
    for key in conveyor.scan_iter(f"rq:*{name}*", count=1_000):
        conveyor.delete(key)


@pytest.fixture
def work(conveyor, queue, engine, monkeypatch):
    """A worker's own loop, until the queue is empty; the members who were told."""

    def until_empty() -> list[str]:
        told: list[str] = []
        monkeypatch.setattr(worker, "_post", Post(engine, lambda one: told.extend(one.outcomes)))
        PoolWorker.of_queue(queue, conveyor).work(burst=True)
        return told

    return until_empty


def put(conveyor, queue: str, fields: dict, *, where: str = "queue") -> str:
    """A job with these fields, as somebody who writes to Redis puts it where it is looked for."""
    job_id = secrets.token_hex(8)
    conveyor.hset(f"rq:job:{job_id}", mapping=fields)
    if where == "queue":
        conveyor.rpush(f"rq:queue:{queue}", job_id)
    elif where == "taken":
        conveyor.rpush(f"rq:queue:{queue}:intermediate", job_id)
        conveyor.set(f"rq:queue:{queue}:intermediate:first_seen:{job_id}", time.time() - 3_600)
    elif where == "abandoned":
        conveyor.hset(f"rq:job:{job_id}", "status", "started")
        conveyor.zadd(f"rq:wip:{queue}", {f"{job_id}:{secrets.token_hex(4)}": 1})
    else:
        conveyor.zadd(f"rq:{where}:{queue}", {job_id: time.time() + 3_600})
    return job_id


places = st.sampled_from(["queue", "taken", "abandoned", "failed", "ready", "scheduled"])


@FEW
@given(fields=foreign_fields, where=places)
@example(fields={"data": packed(f"{TRAP}.spring", None, [], {})}, where="queue")
@example(fields={"success_callback_name": f"{TRAP}.spring"}, where="queue")
@example(fields={"failure_callback_name": f"{TRAP}.spring"}, where="abandoned")
@example(fields={"data": packed("os.system", None, ["true"], {})}, where="queue")
def test_nothing_that_a_foreign_job_names_is_imported_and_a_good_job_after_it_is_done(
    fields, where, sprung, conveyor, queue, work, engine
):
    code = f"t-{secrets.token_hex(5)}"
    on_offer(engine, code)
    foreign = good_fields(code, ["mallory"], queue) | fields
    job_id = put(conveyor, queue, foreign, where=where)
    Desk(conveyor, queue=queue, limits=DeskLimits()).feed(code, ["alice"])

    told = work()

    assert not sprung.exists(), sprung.read_text()
    assert told == ["alice"]
    assert conveyor.llen(f"rq:queue:{queue}") == 0
    assert conveyor.llen(f"rq:queue:{queue}:intermediate") == 0
    conveyor.delete(f"rq:job:{job_id}")
