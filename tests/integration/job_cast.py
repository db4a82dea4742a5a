"""Jobs as somebody who can write to Redis makes them: any name, any argument, any raw field."""

from __future__ import annotations

import json
import pickle
import secrets
import time
import zlib
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

GOOD = "issuance.worker.issue_batch"
TRAP = "trap_of_a_test"
BOMB = zlib.compress(b" " * 40_000_000)
NEVER = "9" * 400

TRAP_SOURCE = """
from pathlib import Path
SPRUNG = Path({path!r})
SPRUNG.write_text("imported")
def spring(*args, **kwargs):
    SPRUNG.write_text("called")
class Trap:
    def __init__(self, *args, **kwargs):
        SPRUNG.write_text("made")
    def dumps(*args):
        SPRUNG.write_text("dumped")
    loads = dumps
"""


class Sprung:
    """Unpickled, it imports the trap."""

    def __reduce__(self) -> Any:
        return (__import__, (TRAP,))


def set_trap(folder: Path) -> Path:
    """A module `TRAP` in this folder; the file that it writes when it is imported or called."""
    sprung = folder / "sprung"
    (folder / f"{TRAP}.py").write_text(TRAP_SOURCE.format(path=str(sprung)))
    return sprung


def packed(*data: Any) -> bytes:
    return zlib.compress(json.dumps(list(data)).encode())


def good_fields(code: str, members: list[str], queue: str) -> dict[str, Any]:
    """A job as the desk writes it."""
    return {
        "data": packed(GOOD, None, [code, members], {}),
        "created_at": "2026-11-28T10:00:00.000000Z",
        "enqueued_at": "2026-11-28T10:00:00.000000Z",
        "origin": queue,
        "status": "queued",
        "timeout": "30",
        "result_ttl": "0",
        "failure_ttl": "3600",
        "description": f"issue {code}",
        "success_callback_name": "",
        "failure_callback_name": "",
        "stopped_callback_name": "",
        "group_id": "",
    }


traps = st.sampled_from([f"{TRAP}.spring", f"{TRAP}.Trap", f"{TRAP}.Trap.dumps", TRAP])
names = st.one_of(
    traps,
    st.sampled_from(
        ["os.system", "builtins.exec", "issuance.queue.worker.run_worker", GOOD + ".x", ""]
    ),
    st.none(),
    st.integers(),
    st.text(max_size=20),
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | traps,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
arguments = st.one_of(
    json_values,
    st.tuples(json_values, json_values).map(list),
    st.sampled_from(
        [
            ["t-1", []],
            ["t-1", ["alice"] * 5_001],
            ["t-1", ["not a member"]],
            ["NOT A CODE", ["alice"]],
            ["t-1", "alice"],
            ["t-1", {"alice": 1}],
            ["t-1", ["alice"], "more"],
        ]
    ),
)
datas = st.one_of(
    st.builds(packed, names, st.none(), arguments, json_values),
    st.builds(packed, traps, json_values, arguments, json_values),
    st.builds(packed, st.just(GOOD), st.none(), arguments, st.just({})),
    st.builds(packed, st.just(GOOD), st.just("an instance"), st.just(["t-1", ["alice"]])),
    st.lists(json_values, max_size=6).map(lambda some: packed(*some)),
    st.binary(max_size=40),
    st.binary(max_size=40).map(zlib.compress),
    st.sampled_from(
        [
            BOMB,
            b"[" * 100_000,
            zlib.compress(b"[" * 100_000),
            pickle.dumps(Sprung()),
            zlib.compress(pickle.dumps(Sprung())),
            zlib.compress(pickle.dumps((f"{TRAP}.spring", None, (), {}))),
            zlib.compress(f'["{GOOD}", null, ["t-1", [{NEVER}]], {{}}]'.encode()),
            b"x" * 3_000_000,
        ]
    ),
)
webhook = json.dumps([{"url": "http://127.0.0.1:9/", "statuses": ["failed", "finished"]}])
odd = st.one_of(
    st.binary(min_size=1, max_size=20), st.integers().map(str), st.just(NEVER), st.just("nan")
)
metas = st.one_of(
    json_values.filter(lambda one: one != {}).map(json.dumps),
    st.binary(min_size=1, max_size=20),
    st.sampled_from([b"[" * 100_000, '{"origins": ["a"]}x', '{"origins": ["a", "b"]}']),
    st.sampled_from(
        ['{"traceparent": 1}', '{"admitted_at_us": true}', '{"admitted_at_us": [1, 2]}']
    ),
)
ids = st.sampled_from(['["no-such-job"]', '["../x"]', "no-such-job", "{}"])


def _never_empty(fields: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields).filter(bool)


# What stands in a job's hash instead of, or beside, what the desk writes. Each alone is refused.
callbacks = _never_empty(
    {f"{when}_callback_name": traps for when in ("success", "failure", "stopped")}
)
others = _never_empty(
    {
        "dependency_ids": ids,
        "dependency_id": st.just("no-such-job"),
        "repeats_left": st.sampled_from(["3", "x", "1e9"]),
        "repeat_intervals": st.sampled_from(["[0]", "[-1]", "{"]),
        "retries_left": st.sampled_from(["3", "x"]),
        "retry_intervals": st.sampled_from(["[0]", "{"]),
        "number_of_retries": st.sampled_from(["3", "x"]),
        "webhooks": st.sampled_from([webhook, "{"]),
        "group_id": st.sampled_from(["a-group", b"\xff"]),
        "rate_limit_key": st.just("a-limit"),
        "rate_limit_concurrency": st.just("1"),
        "ttl": st.sampled_from(["1", "x"]),
    }
)
raw = _never_empty(
    {
        "timeout": st.sampled_from(["-1", "0", "", "x", "1e9", "30.5", NEVER, "nan", "2h"]),
        "result_ttl": st.sampled_from(["500", "-1", "x", NEVER]),
        "failure_ttl": st.sampled_from(["-1", "x", NEVER]),
        "status": st.sampled_from(["finished", "x", b"\xff", "deferred"]),
        "created_at": odd,
        "enqueued_at": odd,
        "origin": st.sampled_from(["another-queue", b"\xff", "x" * 200_000]),
    }
)


def _merged(*parts: dict[str, Any]) -> dict[str, Any]:
    return {name: value for part in parts for name, value in part.items()}


foreign_fields = st.one_of(
    callbacks,
    others,
    raw,
    datas.map(lambda data: {"data": data}),
    metas.map(lambda meta: {"meta": meta}),
    st.builds(_merged, datas.map(lambda data: {"data": data}), callbacks, others),
    st.builds(_merged, callbacks, others, raw),
)


def put(conveyor, queue: str, fields: dict, *, where: str = "queue") -> str:
    """A job with these fields, as somebody who writes to Redis puts it where it is looked for."""
    job_id = secrets.token_hex(8)
    conveyor.hset(f"rq:job:{job_id}", mapping=fields)
    if where == "queue":
        conveyor.rpush(f"rq:queue:{queue}", job_id)
    elif where == "taken":
        conveyor.rpush(f"rq:queue:{queue}:intermediate", job_id)
        conveyor.set(f"rq:queue:{queue}:intermediate:first_seen:{job_id}", time.time() - 3_600)
    elif where == "abandoned":
        conveyor.hset(f"rq:job:{job_id}", "status", "started")
        conveyor.zadd(f"rq:wip:{queue}", {f"{job_id}:{secrets.token_hex(4)}": 1})
    else:
        conveyor.zadd(f"rq:{where}:{queue}", {job_id: time.time() + 3_600})
    return job_id
