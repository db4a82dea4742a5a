"""Nobody but its owner may read what an embedded server keeps, a draw's seed among it."""

import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import redis
from rich.console import Console

from processes.demo.folder import save_environment
from processes.demo.run import DemoOptions, _prepare
from processes.embedded import EmbeddedPostgres, EmbeddedValkey, postgres
from tests.house import eventually
from tests.needs import needs

READ_AND_WRITE = stat.S_IRWXG & ~stat.S_IXGRP | stat.S_IRWXO & ~stat.S_IXOTH


@pytest.fixture(autouse=True)
def careless_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def readable(folder: Path, *, by: int = stat.S_IRWXG | stat.S_IRWXO) -> dict[str, str]:
    """What others than the owner may use, by its path; the programs, which all may, left out."""
    found = {}
    for path in (folder, *folder.rglob("*")):
        mode = path.lstat().st_mode
        if mode & by and not stat.S_ISLNK(mode) and "programs" not in path.parts:
            found[str(path.relative_to(folder))] = f"{stat.S_IMODE(mode):04o}"
    return found


def passable(*paths: str) -> dict[str, str]:
    """As root, folders that Postgres's own user goes through and can't list."""
    return dict.fromkeys(paths, "0711") if os.geteuid() == 0 else {}


def loosen(folder: Path) -> None:
    """As a version before left it under an ordinary umask."""
    for path in (folder, *folder.rglob("*")):
        if "data" not in path.relative_to(folder).parts:
            path.chmod(0o755 if path.is_dir() else 0o644)


def test_valkey_keeps_its_data_to_its_owner(folder: Path) -> None:
    with EmbeddedValkey(folder / "valkey") as valkey, redis.Redis.from_url(valkey.url) as client:
        client.set("seed", "of a draw")
        client.save()
        client.bgrewriteaof()
        # Its temporary file would go while we look at it.
        eventually(lambda: not client.info("persistence")["aof_rewrite_in_progress"])
        kept = {path.name for path in (folder / "valkey").rglob("*")}

        assert readable(folder / "valkey") == {}
    assert {"dump.rdb", "appendonlydir", "server.log"} <= kept


def test_postgres_keeps_its_data_to_its_owner(folder: Path) -> None:
    with EmbeddedPostgres(folder / "postgres", durable=False):
        assert readable(folder / "postgres") == passable(".")
        assert (folder / "postgres" / "data").exists()


@pytest.mark.parametrize("kind", [EmbeddedPostgres, EmbeddedValkey])
def test_a_folder_that_a_version_before_left_open_is_closed(folder: Path, kind) -> None:
    kept = folder / "kept"
    with kind(kept):
        pass
    with kind(kept):  # the first start's log is kept as well
        pass
    loosen(kept)

    with kind(kept) as server:
        assert readable(kept) == (passable(".") if kind is EmbeddedPostgres else {})
        assert server.pid


@needs("root")
def test_root_keeps_the_data_closed_where_it_lies_elsewhere(folder: Path) -> None:
    folder.chmod(0o700)
    with EmbeddedPostgres(folder / "postgres", durable=False) as pg:
        elsewhere = postgres.ELSEWHERE / (folder / "postgres" / "elsewhere").read_text()
        elsewhere.chmod(0o755)
        pg.stop()
        pg.start()

        assert readable(elsewhere) == passable(".")
        assert not postgres.ELSEWHERE.stat().st_mode & READ_AND_WRITE
        pg.erase()


def test_the_demo_closes_its_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
    home = folder / ".waitroom"
    home.mkdir(mode=0o755)
    (home / "secrets.json").write_text("{}")
    options = DemoOptions(port=0, coupons=1, rate_per_s=1, fresh=False)

    with ExitStack() as stack:
        environ = _prepare(home, options, stack, Console(quiet=True))
        save_environment(home, environ)

        assert readable(home) == passable(".", "postgres")
