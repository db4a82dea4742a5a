"""Anchor: finds a piece of Python by its enclosing name and its syntax tree.

Formatting, comments, moved lines and renamed neighbours do not matter. The piece is replaced at its
position, so the rest of the file keeps every byte.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
# The fields of a compound statement that are not part of its header.
_NOT_OF_A_HEADER = {"body", "orelse", "handlers", "finalbody", "decorator_list"}


class AnchorError(ValueError):
    """The name, or the piece in it, does not occur exactly once."""


@dataclass(frozen=True, slots=True)
class Span:
    """The position of a piece, in bytes of the file. column: of its first byte."""

    start: int
    end: int
    column: int
    is_statement: bool


def replace_python(source: str, within: str, old: str, new: str) -> str:
    """The source with `new` instead of `old`, which must occur once in the definition `within`.

    within: a name that a module-level statement binds, or a qualified one (`Class.method`). old: an
    expression, an argument, one or more statements, or the header of a compound statement with its
    colon. new: source of the same kind; empty to remove `old`. Both begin in the first column.
    Raises AnchorError; SyntaxError if `old` is not Python.
    """
    text = source.encode()
    scope = _scope(ast.parse(source), within)
    spans = list(_header_spans(text, scope, old) if old.endswith(":") else _spans(text, scope, old))
    if len(spans) != 1:
        raise AnchorError(f"what it changes stands {len(spans)} times in {within}")
    (span,) = spans
    if new:
        if span.is_statement:
            new = new.replace("\n", "\n" + " " * span.column)
        return (text[: span.start] + new.encode() + text[span.end :]).decode()
    start, end = (_whole_lines if span.is_statement else _with_comma)(text, span)
    return (text[:start] + text[end:]).decode()


def _scope(module: ast.Module, within: str) -> ast.AST:
    scope: ast.AST = module
    for name in within.split("."):
        found = [node for node in _bound(scope) if name in _names(node)]
        if len(found) != 1:
            raise AnchorError(f"{within} is defined {len(found)} times")
        (scope,) = found
    return scope


def _bound(scope: ast.AST) -> Iterator[ast.AST]:
    """The statements and imported names of `scope`, without those of the definitions in it."""
    for child in ast.iter_child_nodes(scope):
        if isinstance(child, ast.stmt | ast.alias):
            yield child
        if not isinstance(child, _DEFINITIONS):
            yield from _bound(child)


def _names(node: ast.AST) -> set[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
        case ast.alias():
            return {node.asname or node.name}
        case ast.Assign(targets=targets):
            return {one.id for one in targets if isinstance(one, ast.Name)}
        case ast.AnnAssign(target=ast.Name(id=name)):
            return {name}
    return set()


def _spans(text: bytes, scope: ast.AST, old: str) -> Iterator[Span]:
    """The positions of these statements, expression or argument."""
    wanted = ast.parse(old).body
    dumped = [ast.dump(node) for node in wanted]
    for run in _runs(scope, len(wanted)):
        if [ast.dump(node) for node in run] == dumped:
            yield _span(text, run[0], run[-1], is_statement=True)
    if len(wanted) != 1:
        return
    like = {ast.dump(node) for node in _in_place_of(wanted[0])}
    found_above = {id(node.value) for node in _visible(scope) if isinstance(node, ast.Expr)}
    for node in _visible(scope):
        if id(node) not in found_above and ast.dump(node) in like:
            yield _span(text, node, node, is_statement=False)


def _in_place_of(statement: ast.stmt) -> Iterator[ast.AST]:
    """Other statements with the same syntax tree."""
    match statement:
        case ast.Expr(value=value):
            yield value
            if isinstance(value, ast.Name):
                yield ast.alias(name=value.id)
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            yield ast.keyword(arg=name, value=value)
        case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation, value=None):
            yield ast.arg(arg=name, annotation=annotation)


def _header_spans(text: bytes, scope: ast.AST, old: str) -> Iterator[Span]:
    is_handler = old.startswith("except")
    parsed = ast.parse(f"try: ...\n{old} ..." if is_handler else f"{old} ...").body[0]
    wanted = cast(ast.Try, parsed).handlers[0] if is_handler else parsed
    for node in _visible(scope):
        if type(node) is type(wanted) and _header(node) == _header(wanted):
            yield _header_span(text, node)


def _header(node: ast.AST) -> str:
    fields = {name: of for name, of in ast.iter_fields(node) if name not in _NOT_OF_A_HEADER}
    return ast.dump(type(node)(**fields))


def _header_span(text: bytes, node: ast.AST) -> Span:
    """Up to the last colon before the body; only comments follow it."""
    start = _span(text, node, node, is_statement=True)
    first = cast(ast.If, node).body[0]
    body = _span(text, first, first, is_statement=True)
    part = text[start.start : body.start].decode()
    row, column = 1, 0
    for token in tokenize.generate_tokens(io.StringIO(part).readline):
        if token.type == tokenize.OP and token.string == ":":
            row, column = token.end
    lines = part.split("\n")
    header = "\n".join([*lines[: row - 1], lines[row - 1][:column]])
    return Span(start.start, start.start + len(header.encode()), start.column, is_statement=True)


def _runs(scope: ast.AST, length: int) -> Iterator[list[ast.stmt]]:
    """Each run of `length` consecutive statements of a block."""
    blocks = [[scope]] if isinstance(scope, ast.stmt) else []
    for node in _visible(scope):
        for _, block in ast.iter_fields(node):
            if isinstance(block, list) and block and isinstance(block[0], ast.stmt):
                blocks.append(block)
    for block in blocks:
        for first in range(len(block) - length + 1):
            yield block[first : first + length]


def _visible(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes except parts of f-strings, whose positions are wrong before Python 3.12."""
    yield node
    if not isinstance(node, ast.JoinedStr):
        for child in ast.iter_child_nodes(node):
            yield from _visible(child)


def _span(text: bytes, first: ast.AST, last: ast.AST, *, is_statement: bool) -> Span:
    begins = cast(ast.stmt, first)
    ends = cast(ast.stmt, last)
    lines = text.splitlines(keepends=True)

    def offset(line: int, column: int) -> int:
        return sum(map(len, lines[: line - 1])) + column

    start = offset(begins.lineno, begins.col_offset)
    end = offset(ends.end_lineno or 0, ends.end_col_offset or 0)
    return Span(start, end, begins.col_offset, is_statement)


def _whole_lines(text: bytes, span: Span) -> tuple[int, int]:
    newline = text.find(b"\n", span.end)
    return span.start - span.column, len(text) if newline < 0 else newline + 1


def _with_comma(text: bytes, span: Span) -> tuple[int, int]:
    """With the comma after it, or before it for the last argument."""
    if after := re.compile(rb"\s*,\s*").match(text, span.end):
        return span.start, after.end()
    before = re.search(rb",\s*$", text[: span.start])
    return (before.start() if before else span.start), span.end
