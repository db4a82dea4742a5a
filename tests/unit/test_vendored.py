"""What we carry of others is what they published, and all of it is on record."""

import hashlib
import json
from pathlib import Path

import pytest

VENDOR = Path(__file__).parents[2] / "web" / "static" / "vendor"
RECORD = VENDOR / "vendored.json"
RECORDED: dict[str, dict[str, str]] = json.loads(RECORD.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", RECORDED)
def test_a_vendored_file_is_the_one_on_record(name):
    content = (VENDOR / name).read_bytes()

    assert hashlib.sha256(content).hexdigest() == RECORDED[name]["sha256"]


@pytest.mark.parametrize("name", RECORDED)
def test_a_record_says_where_the_file_came_from(name):
    record = RECORDED[name]

    assert set(record) == {"package", "version", "path", "integrity", "sha256", "licence"}
    assert all(record.values())
    assert record["integrity"].startswith("sha512-")
    assert record["version"] in name


def test_no_vendored_file_is_unrecorded():
    present = {
        path.relative_to(VENDOR).as_posix()
        for path in VENDOR.rglob("*")
        if path.is_file() and path != RECORD
    }

    assert present == set(RECORDED)


def test_every_vendored_package_brings_its_licence():
    packages = {record["package"] for record in RECORDED.values()}
    with_licence = {
        record["package"] for name, record in RECORDED.items() if name.endswith(".LICENSE")
    }

    assert with_licence == packages
