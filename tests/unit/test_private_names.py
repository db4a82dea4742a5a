"""Tests ask what is public. The private names and sources that some look at stand here, and why."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parents[1]
# What is public though it begins so.
PUBLIC = {"_replace", "_asdict", "_exit"}
KEPT: dict[str, tuple[set[str], str]] = {
    "_all": (
        {"integration/test_script_call.py", "integration/test_line_unavailable.py"},
        "a connection that leaks is seen in the pool alone",
    ),
    "_app": (
        {
            "integration/sse_cast.py",
            "integration/test_fast_pages.py",
            "integration/test_fast_path.py",
            "integration/test_fast_path_generated.py",
        },
        "what answers before the framework is compared with the framework alone",
    ),
    "_asking": ({"integration/test_line.py"}, "a queue of callers that leaks grows unseen"),
    "_attempt": ({"integration/test_api_coupons.py"}, "loses against others as often as is wanted"),
    "_audiences": (
        {"integration/test_api_sse.py", "integration/test_sse_room_broadcast.py"},
        "what a stream leaves in memory is shown nowhere",
    ),
    "_available_connections": (
        {"integration/test_late_calls.py", "integration/test_line_unavailable.py"},
        "as _all, of redis-py",
    ),
    "_begin": ({"integration/test_member_sessions.py"}, "two processes send one script's call"),
    "_call": (
        {"integration/test_rate_limiter.py"},
        "counts round trips; two limiters share a window",
    ),
    "_entering": ({"integration/test_line.py"}, "as _asking"),
    "_hot_path": (
        {
            "integration/sse_cast.py",
            "integration/test_fast_pages.py",
            "integration/test_fast_path.py",
        },
        "as _app",
    ),
    "_idle": ({"integration/test_script_call.py"}, "as _all"),
    "_in_use_connections": ({"integration/test_line_unavailable.py"}, "as _all, of redis-py"),
    "_is_away": (
        {"integration/test_sse_room_broadcast.py"},
        "what is awaited before anything is told",
    ),
    "_keep": ({"integration/test_sse_room_broadcast.py"}, "fails as a bug in it would"),
    "_labelnames": ({"unit/test_ops_files.py"}, "prometheus_client shows labels nowhere else"),
    "_launch": ({"integration/test_embedded.py"}, "another process takes the port in between"),
    "_note": ({"unit/test_signals.py"}, "a second signal in the middle of the first one's handler"),
    "_pips_settings": ({"unit/test_install.py"}, "pip's settings of this machine do not count"),
    "_place": ({"integration/test_sse_room_broadcast.py"}, "counts how often the line is asked"),
    "_context": (
        {"integration/conftest.py", "integration/test_fed_again.py"},
        "RQ calls a module's function, which has no other way to know whom to tell",
    ),
    "_prepare": ({"integration/test_embedded_modes.py"}, "the demo's files without the demo"),
    "_ready": (
        {"unit/test_fragment_cache.py"},
        "what is made ready is seen by nobody but as speed",
    ),
    "_redis": (
        {
            "integration/line_cast.py",
            "integration/test_late_calls.py",
            "integration/test_line_unavailable.py",
            "integration/test_line_model.py",
            "integration/test_loops.py",
            "integration/web_cast.py",
        },
        "the connection that the object itself uses; elsewhere the fixture raw_redis does",
    ),
    "_rendered": ({"unit/test_fragment_cache.py"}, "counts what is rendered"),
    "_run": (
        {"integration/test_local_stack.py", "unit/test_install.py"},
        "no package index is asked, and no process is begun",
    ),
    "_serializer": (
        {
            "integration/test_api_tickets.py",
            "unit/test_forged.py",
            "unit/test_ticket.py",
        },
        "signs what we never sign",
    ),
    "_task": ({"unit/test_batcher.py"}, "ends the batcher as a bug in it would"),
    "_unpublished": (
        {"integration/test_sse_room_broadcast.py", "integration/test_loops.py"},
        "errors that are not published yet are shown nowhere",
    ),
    "_connections": (
        {"integration/test_rate_limiter.py", "integration/test_line_unavailable.py"},
        "as _all",
    ),
    "_without_settings": (
        {"integration/test_local_stack.py"},
        "read as the stack's processes read it",
    ),
    "_writer": (
        {"integration/test_script_call.py"},
        "a connection that Redis closes while it is idle",
    ),
}

# Tests that read a source of the product.
READ = {
    "integration/test_script_contracts.py": "a script's contract is the comment on top of it",
    "unit/test_run_py.py": "an old Python must be able to read run.py",
    "unit/test_scripts.py": "a script is put together from these files",
    "unit/test_templates.py": "the style sheet is what browsers get",
}
A_SOURCE = re.compile(r"\b(LUA|WEB|(?!Path)\w+\.__file__)\b|getsource")


def private_names(source: str) -> Iterator[str]:
    """Of other objects than `self`, `cls` and `super()`: asked for, imported, or replaced."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Attribute(value=ast.Name(id="self" | "cls")):
                pass
            case ast.Attribute(value=ast.Call(func=ast.Name(id="super"))):
                pass
            case ast.Attribute(attr=name) | ast.alias(name=name):
                yield from _if_private(name)
            case ast.Call(
                func=ast.Attribute(attr="setattr"), args=[_, ast.Constant(value=str(name)), *_]
            ):
                yield from _if_private(name)


def _if_private(name: str) -> Iterator[str]:
    if name.startswith("_") and not name.startswith("__") and name not in PUBLIC:
        yield name


def found() -> dict[str, set[str]]:
    names: dict[str, set[str]] = defaultdict(set)
    for path in TESTS.rglob("*.py"):
        for name in private_names(path.read_text("utf-8")):
            names[name].add(path.relative_to(TESTS).as_posix())
    return names


def test_no_test_uses_a_private_name_that_is_not_listed_here_with_its_reason() -> None:
    assert found() == {name: files for name, (files, _) in KEPT.items()}


def test_every_way_to_use_a_private_name_is_found() -> None:
    for source in (
        "line._redis.get('a')",
        "line._redis = 1",
        "from waitroom.line import _redis",
        "monkeypatch.setattr(line, '_redis', 1)",
    ):
        assert list(private_names(source)) == ["_redis"]
    for source in ("self._redis", "super()._redis()", "parts._replace(a=1)", "one.__dict__"):
        assert not list(private_names(source))


def sources_read_in(source: str) -> list[str]:
    """The expressions that read a file of the product."""
    calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    readers = (
        ast.unparse(node)
        for node in calls
        if isinstance(node.func, ast.Attribute) and node.func.attr in ("read_text", "getsource")
    )
    return [text for text in readers if A_SOURCE.search(text)]


def test_no_test_reads_a_source_that_is_not_listed_here_with_its_reason() -> None:
    reading = {
        path.relative_to(TESTS).as_posix()
        for path in TESTS.rglob("test_*.py")
        if sources_read_in(path.read_text("utf-8"))
    }

    assert reading == set(READ)


def test_a_source_that_is_read_is_found() -> None:
    assert sources_read_in("inspect.getsource(line)")
    assert sources_read_in("Path(line.__file__).read_text()")
    assert sources_read_in("(LUA / 'a.lua').read_text('utf-8')")
    assert not sources_read_in("Path(__file__).with_name('a.json').read_text()")
