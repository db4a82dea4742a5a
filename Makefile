# Aliases. Each is a command that also works without make; CONTRIBUTING.md has more of them.
.PHONY: help test fix check docs demo pictures

help:  # this list
	@sed -n 's/^\([a-z]*\):  # /\1\t/p' Makefile

test:  # the tests, except slow ones
	python3 run.py test

fix:  # format the code, and write the generated parts of the documents
	.venv/bin/ruff check --fix
	.venv/bin/ruff format
	.venv/bin/python -m docs.update_settings
	.venv/bin/python -m docs.update_refusals

check:  # everything that must pass before a change lands
	.ci/run

docs:  # the docs site, into build/site
	.venv/bin/mkdocs build --strict

demo:  # the whole product on this machine
	python3 run.py demo

pictures:  # the pictures of the docs that are out of date
	python3 run.py pictures --stale
