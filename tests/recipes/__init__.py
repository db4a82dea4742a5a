"""The recipes of CONTRIBUTING.md, each carried out in a copy of the checkout."""
