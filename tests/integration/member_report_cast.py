"""A worker's verdict on members, and commands beside an event loop."""

import asyncio

from application.report_outcomes import report_outcomes
from domain.unix_time import from_us
from issuance.issue import issue


def in_a_thread(command):
    """The command has an event loop of its own."""
    return lambda *words: asyncio.to_thread(command, *words)


async def admitted_by_worker(line, engine, code, *members):
    """Let through and judged by a worker, as the admitter and the worker do."""
    admission = await line.admit(code, at_most=len(members), lease_s=15)
    assert admission.members == members
    at = [from_us(admission.admitted_at_us)] * len(members)
    await report_outcomes(line, issue(engine, code, members, admitted_at=at))
    return at[0]
