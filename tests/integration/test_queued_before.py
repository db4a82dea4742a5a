"""A job that an older release has queued is issued by a new worker, as it was written."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from rq.job import Job
from rq.serializers import JSONSerializer

from issuance.issued_coupons import list_holders
from issuance.queue.job_queue import JobQueue, JobQueueLimits
from tests.integration.cast import on_offer
from tests.integration.job_cast import packed, put

# As they stood in Redis. Literals: what the code calls its functions must not reach them.
FUNCTION = "issuance.worker.issue_batch"
WRITTEN: dict[str, dict[str, Any]] = {
    "0.1.0": {"status": "queued", "timeout": "30", "result_ttl": "0", "failure_ttl": "3600"},
    "before the modules were renamed": {
        "status": "queued",
        "timeout": "30",
        "result_ttl": "0",
        "failure_ttl": "3600",
        "meta": {
            "admitted_at_us": [1_795_881_943_975_609, 1_795_881_943_975_610],
            "origins": ["the-first-request", "the-second-request"],
            "traceparent": "",
        },
    },
}


@pytest.fixture(params=list(WRITTEN))
def written(request, code, queue_name) -> dict[str, Any]:
    fields = dict(WRITTEN[request.param])
    now = time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime())
    if "meta" in fields:
        fields["meta"] = json.dumps(fields["meta"])
    return fields | {
        "data": packed(FUNCTION, None, [code, ["alice", "bob"]], {}),
        "description": f"issue {code}",
        "origin": queue_name,
        "created_at": now,
        "enqueued_at": now,
    }


def test_a_job_of_an_older_release_is_issued(written, engine, code, conveyor, queue_name, work_off):
    on_offer(engine, code)
    put(conveyor, queue_name, written)

    told = work_off()

    assert sorted(told) == ["alice", "bob"]
    assert sorted(list_holders(engine, code)) == ["alice", "bob"]


def test_a_new_job_is_named_as_older_workers_look_it_up(
    engine, code, conveyor, queue_name, work_off
):
    on_offer(engine, code)
    limits = JobQueueLimits(batch_max=10)
    (job_id,) = JobQueue(conveyor, queue=queue_name, limits=limits).enqueue(code, ["alice"])

    job = Job.fetch(job_id, connection=conveyor, serializer=JSONSerializer)

    assert (job.func_name, job.args) == (FUNCTION, [code, ["alice"]])
