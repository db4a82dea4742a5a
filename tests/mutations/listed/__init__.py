"""All mutations, by what they break: those of each module here; docs/promises.md names each."""

from importlib import import_module
from pkgutil import iter_modules

from tests.mutations.mutation import Mutation

MUTATIONS: tuple[Mutation, ...] = tuple(
    one
    for module in sorted(module.name for module in iter_modules(__path__))
    for one in import_module(f"{__name__}.{module}").MUTATIONS
)
