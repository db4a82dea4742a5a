"""All mutations, by what they break. A new list is added here; docs/promises.md names each."""

from tests.mutations.listed import (
    clocks,
    crowd,
    doors,
    floods,
    jobs,
    limits,
    order,
    parts,
    restoring,
    secrecy,
    stock,
    trust,
    truth,
)
from tests.mutations.mutation import Mutation

MUTATIONS: tuple[Mutation, ...] = (
    *stock.MUTATIONS,
    *order.MUTATIONS,
    *truth.MUTATIONS,
    *crowd.MUTATIONS,
    *limits.MUTATIONS,
    *floods.MUTATIONS,
    *parts.MUTATIONS,
    *doors.MUTATIONS,
    *trust.MUTATIONS,
    *jobs.MUTATIONS,
    *restoring.MUTATIONS,
    *secrecy.MUTATIONS,
    *clocks.MUTATIONS,
)
