"""Static files for a proxy: each below its digest, in all codings, beside those of others."""

from __future__ import annotations

import gzip
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import brotli
import pytest
from typer.testing import CliRunner

from cli.main import app
from web.cache.static_export import export_static_files
from web.cache.static_files import BUNDLES, list_files, read_asset, static_address

NAMES = sorted({*list_files(), *BUNDLES})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("static")
    export_static_files(made)
    return made


def exported(folder: Path, name: str) -> Path:
    """Where the proxies look for the file of this address."""
    address = urlsplit(static_address(name))
    (version,) = parse_qs(address.query)["v"]
    return folder / version / address.path.lstrip("/")


@pytest.mark.parametrize("name", NAMES)
def test_the_content_is_where_its_address_says_in_every_coding(folder, name):
    path, body = exported(folder, name), read_asset(name).body

    assert path.read_bytes() == body
    assert brotli.decompress(path.with_name(f"{path.name}.br").read_bytes()) == body
    assert gzip.decompress(path.with_name(f"{path.name}.gz").read_bytes()) == body


def test_files_of_another_release_stay_and_nothing_is_written_twice(folder):
    old = folder / "0123456789ab" / "static" / "app.css"
    old.parent.mkdir(parents=True)
    old.write_text("of another release")
    before = {path: path.stat().st_ino for path in folder.rglob("*")}

    added = export_static_files(folder)

    assert added == 0
    assert {path: path.stat().st_ino for path in folder.rglob("*")} == before


def test_a_damaged_file_is_replaced(folder):
    path = exported(folder, "app.css")
    path.write_bytes(b"half")

    assert export_static_files(folder) == 1
    assert path.read_bytes() == read_asset("app.css").body


def test_files_look_the_same_on_each_host_for_proxies_make_the_etag_of_them(folder, tmp_path):
    export_static_files(tmp_path)

    for name in NAMES:
        one, other = exported(folder, name).stat(), exported(tmp_path, name).stat()
        assert (one.st_mtime_ns, one.st_size) == (other.st_mtime_ns, other.st_size)


def test_the_command_says_what_it_did_and_what_is_wrong(tmp_path):
    runner = CliRunner()
    (tmp_path / "file").touch()

    done = runner.invoke(app, ["static-files", str(tmp_path / "new" / "folder")])
    failed = runner.invoke(app, ["static-files", str(tmp_path / "file")])

    assert (done.exit_code, len(NAMES)) == (0, int(done.output.split()[0]))
    assert failed.exit_code == 1
    assert "Name a folder that this user may write to" in str(failed.exception)
