"""Names are the field's: each word of a file's name is in the glossary, or was looked at once."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from web.cache.static_files import RENAMED as SCRIPTS
from web.pages.renamed_templates import RENAMED as TEMPLATES

ROOT = Path(__file__).parents[2]
PACKAGES = (
    "domain", "topology", "issuance", "waitroom", "passes", "application", "web", "processes",
    "load", "cli",
)  # fmt: skip
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text("utf-8")
OLD_NAMES = (ROOT / "docs" / "old-names.md").read_text("utf-8")
REVIEWED = (Path(__file__).with_name("reviewed_words.txt")).read_text("utf-8").split()
REVIEWED_MAX = 150
# Nouns of our own, and metaphors. What they are called instead is in docs/old-names.md.
PRIVATE = {
    "asking", "backstage", "beat", "borne", "conveyor", "crew", "desk", "door", "gate", "hand",
    "heard", "house", "lookout", "parts", "shapes", "steersman", "teller", "turns", "wires",
}  # fmt: skip
FILES = [
    file
    for package in PACKAGES
    for file in sorted((ROOT / package).rglob("*.py"))
    if "versions" not in file.parts
]
# What is no module: templates, scripts and style sheets for browsers, and Lua.
OTHER_FILES = [
    file
    for folder, suffixes in {
        "web/templates": {".html"},
        "web/static": {".js", ".css"},
        "waitroom/lua": {".lua"},
        "load": {".html", ".lua"},
    }.items()
    for file in sorted((ROOT / folder).rglob("*"))
    if file.suffix in suffixes and "vendor" not in file.parts
]


def words(name: str) -> list[str]:
    """Of a name in snake or camel case."""
    return re.findall(
        r"[a-z]+\d*", re.sub(r"([A-Z])", r"_\1", name).lower().replace("hand_over", "")
    )


def file_names() -> Iterator[str]:
    """Of files and of the folders above them."""
    for file in [*FILES, *OTHER_FILES]:
        yield from file.relative_to(ROOT).with_suffix("").parts


def defined_names() -> Iterator[tuple[str, str]]:
    for file in FILES:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                yield str(file.relative_to(ROOT)), node.name


def in_glossary(word: str, terms: set[str]) -> bool:
    """In the singular or the plural."""
    return bool({word, f"{word}s", f"{word}es", word.removesuffix("s")} & terms)


def test_each_word_of_a_files_name_is_in_the_glossary_or_was_reviewed():
    rows = re.findall(r"^\| ([^|]+) \| [^|]+ \| [^|]+ \|$", GLOSSARY, flags=re.MULTILINE)
    terms = {word for row in rows for word in re.findall(r"[a-z]+\d*", row.lower())}
    used = {word for name in file_names() for word in words(name) if name != "__init__"}

    unknown = sorted(word for word in used if not in_glossary(word, terms | set(REVIEWED)))

    assert unknown == []


def test_the_reviewed_words_are_few_and_needed():
    used = {word for name in file_names() for word in words(name)}

    assert len(REVIEWED) <= REVIEWED_MAX
    assert sorted(set(REVIEWED)) == REVIEWED
    assert [word for word in REVIEWED if not in_glossary(word, used)] == []


def test_no_file_class_or_function_has_a_private_noun_for_a_name():
    named = [*((name, name) for name in file_names()), *defined_names()]

    assert [(where, name) for where, name in named if PRIVATE & set(words(name))] == []


RENAMED_FILES = re.findall(
    r"^\| `(\S+\.(?:html|js|lua))` \| `(\S+)` \|$", OLD_NAMES, flags=re.MULTILINE
)


def test_old_names_says_what_each_old_template_script_and_lua_file_is_called_now():
    listed = dict(RENAMED_FILES)
    templates = {f"web/templates/{old}": f"web/templates/{new}" for old, new in TEMPLATES.items()}
    scripts = {f"web/static/{old}": f"web/static/{new}" for old, new in SCRIPTS.items()}

    assert templates.items() | scripts.items() <= listed.items()
    assert [old for old in listed if (ROOT / old).exists()] == []
    assert [new for new in listed.values() if not (ROOT / new).is_file()] == []


@pytest.mark.parametrize(
    "file", ["web/templates/_place.html", "web/static/app.js", "waitroom/lua/include/clock.lua"]
)
def test_templates_scripts_and_lua_are_looked_at(file: str):
    assert ROOT / file in OTHER_FILES


MODULES = re.findall(r"^\| `(\S+\.py)` \| `(\S+\.py)` \|$", OLD_NAMES, flags=re.MULTILINE)
NAMES = re.findall(r"^\| `(\S+)` \| `(\S+)` \| `(\S+\.py)` \|$", OLD_NAMES, flags=re.MULTILINE)


def test_old_names_says_where_each_old_module_went():
    assert len(MODULES) > 150
    assert [
        old for old, _ in MODULES if (ROOT / old).exists() and old not in dict(MODULES).values()
    ] == []
    assert [new for _, new in MODULES if not (ROOT / new).is_file()] == []


@pytest.mark.parametrize(("old", "new", "file"), NAMES)
def test_old_names_says_what_each_old_name_is_called_now(old: str, new: str, file: str):
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    owner, _, name = new.rpartition(".")
    scope: ast.AST = tree
    if owner:
        (scope,) = (
            node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == owner
        )

    assert name in defined_in(scope)
    assert old.rpartition(".")[2] not in functions_and_classes(scope)


def functions_and_classes(scope: ast.AST) -> set[str]:
    return {
        node.name
        for node in ast.iter_child_nodes(scope)
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    }


def defined_in(scope: ast.AST) -> set[str]:
    """Classes and functions of this scope, and the names and attributes that are assigned in it."""
    found = functions_and_classes(scope)
    for node in ast.walk(scope):
        if isinstance(node, ast.Assign | ast.AnnAssign):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                if isinstance(target, ast.Name):
                    found.add(target.id)
                elif isinstance(target, ast.Attribute):
                    found.add(target.attr)
    return found
