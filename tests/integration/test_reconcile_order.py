"""A repair enqueues members in order of arrival: there may be too few coupons for all of them."""

import asyncio

from application.apply_settings import apply_settings
from application.reconcile import Reconciliation, failed_jobs_in
from issuance.issue import issue
from issuance.queue.checked_jobs import CheckedJob
from tests.integration.cast import now, on_offer
from tests.integration.line_cast import admit, enter
from tests.integration.line_cast import issue as tell


async def test_members_are_fed_again_in_order_of_arrival(line, engine, code, conveyor, queue):
    """Whatever the order in which the differences were found."""
    await apply_settings(line, on_offer(engine, code, total=10))
    await enter(line, code, ["dora", "bob", "charlie", "alice", "eve"])
    await admit(line, code)
    issue(engine, code, ["dora"], now())
    await tell(line, code, 3, ["dora", "bob", "charlie"])
    jobs = failed_jobs_in(conveyor, queue.name)
    books = Reconciliation(line, engine, jobs, asyncio.to_thread, code)

    found = {"told_without_row": ["charlie", "bob"], "outcome_overdue": ["eve", "alice"]}
    await books.repair_found(found, who="test", now=now())

    [job_id] = queue.job_ids
    fed = CheckedJob.fetch(job_id, conveyor).args[1]
    assert fed == ["bob", "charlie", "alice", "eve"]
