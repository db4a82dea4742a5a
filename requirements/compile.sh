#!/usr/bin/env bash
# Pins every dependency, with hashes and without naming a package index. Needs uv.
set -eu
cd "$(dirname "$0")/.."
export UV_CUSTOM_COMPILE_COMMAND="requirements/compile.sh"
pin() { uv pip compile pyproject.toml -q --universal --python-version 3.11 --generate-hashes --no-annotate "$@"; }
pin --all-extras --group dev -o requirements/dev.txt
pin --extra embedded -c requirements/dev.txt -o requirements/demo.txt
pin -c requirements/dev.txt -o requirements/runtime.txt
# What installs all of them (requirements/install.py).
echo uv | uv pip compile - -q --universal --python-version 3.11 --generate-hashes --no-annotate -o requirements/uv.txt
