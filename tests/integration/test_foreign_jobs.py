"""Jobs that the desk did not write: none of what they name is imported or called."""

from __future__ import annotations

import secrets

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from issuance.queue.job_queue import JobQueue, JobQueueLimits
from tests.integration.cast import on_offer
from tests.integration.job_cast import TRAP, foreign_fields, good_fields, packed, put

FEW = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


places = st.sampled_from(["queue", "taken", "abandoned", "failed", "ready", "scheduled"])


@FEW
@given(fields=foreign_fields, where=places)
@example(fields={"data": packed(f"{TRAP}.spring", None, [], {})}, where="queue")
@example(fields={"success_callback_name": f"{TRAP}.spring"}, where="queue")
@example(fields={"failure_callback_name": f"{TRAP}.spring"}, where="abandoned")
@example(fields={"data": packed("os.system", None, ["true"], {})}, where="queue")
@example(fields={"meta": '{"admitted_at_us": true}'}, where="queue")
def test_nothing_that_a_foreign_job_names_is_imported_and_a_good_job_is_done(
    fields, where, sprung, conveyor, queue_name, work_off, engine
):
    code = f"t-{secrets.token_hex(5)}"
    on_offer(engine, code)
    foreign = good_fields(code, ["mallory"], queue_name) | fields
    job_id = put(conveyor, queue_name, foreign, where=where)
    JobQueue(conveyor, queue=queue_name, limits=JobQueueLimits()).enqueue(code, ["alice"])

    told = work_off()

    assert not sprung.exists(), sprung.read_text()
    assert told == ["alice"]
    assert conveyor.llen(f"rq:queue:{queue_name}") == 0
    assert conveyor.llen(f"rq:queue:{queue_name}:intermediate") == 0
    conveyor.delete(f"rq:job:{job_id}")
