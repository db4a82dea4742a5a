"""`python -m cli` is the `waitroom` command."""

from cli.main import run

run()
