"""`waitroom pass-key`: what it makes is what PASS_KEYS takes."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def run(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "cli", "pass-key", *words]
    return subprocess.run(argv, cwd=ROOT, env=environ, capture_output=True, text=True)


def test_keys_that_were_made_are_listed_without_their_private_parts(tmp_path):
    file = tmp_path / "pass-keys.pem"
    made = [run("make").stdout, run("make", "--alg", "RS256").stdout, run("make").stdout]
    file.write_text("".join(made))

    listed = run("list", "--json", PASS_KEYS_FILE=str(file))
    shown = run("list", PASS_KEYS_FILE=str(file), COLUMNS="100")

    found = json.loads(listed.stdout)
    assert [(one["alg"], one["signs"]) for one in found] == [
        ("ES256", True),
        ("RS256", True),
        ("ES256", False),
    ]
    assert all(one["kid"] in shown.stdout for one in found)
    for pem in made:
        assert pem.splitlines()[1] not in listed.stdout + shown.stdout


def test_where_there_is_no_key_the_command_says_how_to_make_one(tmp_path):
    listed = run("list", DATABASE_URL="postgresql://nobody@127.0.0.1:9/nothing")

    assert listed.returncode == 2
    assert "Make a key with `waitroom pass-key make`" in listed.stderr
