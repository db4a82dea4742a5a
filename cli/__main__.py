"""`python -m cli` is the `waitroom` command."""

from cli.importing import no_garbage

with no_garbage():
    from cli.main import run

run()
