"""Which files each picture in docs/screenshots is made from, and which pictures are out of date.

`manifest.json` beside the pictures has, for each, the digests of its sources as they were when it
was taken: the templates of its page with what they extend and include, their style sheets, the
scripts that draw charts, and the sentences of its language. Comments don't count.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages import Catalog
from babel.messages.pofile import read_po
from jinja2 import Environment, nodes

from docs.picture_pages import MAKERS, STYLED_BY, WORDED_BY, words_without_location

ROOT = Path(__file__).parents[1]
FOLDER = Path(__file__).parent / "screenshots"
MANIFEST = FOLDER / "manifest.json"
SUFFIXES = {".png", ".webp", ".gif"}
TEMPLATES = (ROOT / "web" / "templates", ROOT / "load" / "compare" / "templates")
STATIC = ROOT / "web" / "static"
CATALOGUES = ROOT / "web" / "locales"
# A picture's form follows its scene: board-wide-dark-ko.png.
FORM = {"wide", "phone", "dark", "ko"}
DRAWING = {"board.js", "autopilot.js"}
COMMENT = re.compile(r"\{#.*?#\}|/\*.*?\*/", re.DOTALL)


def pictures() -> list[str]:
    """The name of every picture that there is."""
    return sorted(file.name for file in FOLDER.iterdir() if file.suffix in SUFFIXES)


def scene_of(picture: str) -> str:
    """The name without the words for window, colours and language."""
    words = Path(picture).stem.split("-")
    while words and words[-1] in FORM:
        words.pop()
    return "-".join(words)


def maker_of(picture: str) -> str:
    """The module that makes the picture. Raises LookupError if none does."""
    scene = scene_of(picture)
    for module, scenes in MAKERS.items():
        if scene in scenes:
            return module
    raise LookupError(f"docs/picture_pages.py doesn't say what {picture} shows: add `{scene}`.")


def sources_of(picture: str) -> dict[str, str]:
    """The digest of each source as it is now, by its path, and of the sentences."""
    language = "ko" if "ko" in Path(picture).stem.split("-") else "en"
    templates = _with_included(MAKERS[maker_of(picture)][scene_of(picture)])
    files = {file for name in templates for file in (_template(name), *_static_files(name))}
    digests = {file.relative_to(ROOT).as_posix(): _digest(_text(file)) for file in files}
    sentences = sorted(_sentences(language, templates))
    return digests | {f"sentences in {language}": _digest("\n".join(sentences))}


def record(picture: str) -> None:
    """Write into the manifest that the picture was just taken."""
    there = set(pictures())
    recorded = {name: of for name, of in read_manifest().items() if name in there}
    recorded[picture] = sources_of(picture)
    MANIFEST.write_text(json.dumps(recorded, indent=1, sort_keys=True) + "\n", "utf-8")


def read_manifest() -> dict[str, dict[str, str]]:
    """By picture: the digests that `sources_of` had when it was taken. Empty without a manifest."""
    if not MANIFEST.exists():
        return {}
    return json.loads(MANIFEST.read_text("utf-8"))  # type: ignore[no-any-return]


def stale() -> dict[str, list[str]]:
    """The pictures that are out of date or not recorded, each with what has changed since."""
    recorded = read_manifest()
    found = {}
    for picture in pictures():
        was, now = recorded.get(picture, {}), sources_of(picture)
        if was != now:
            names = sorted(was.keys() | now.keys())
            found[picture] = [name for name in names if was.get(name) != now.get(name)]
    return found


def _with_included(names: tuple[str, ...]) -> set[str]:
    """The templates and those that they extend, import and include.

    One whose name is chosen when the page is rendered is not followed: `MAKERS` names it.
    """
    found: set[str] = set()
    ahead = list(names)
    while ahead:
        name = ahead.pop()
        if name not in found:
            found.add(name)
            ahead += _included_in(_template(name).read_text("utf-8"))
    return found


@cache
def _included_in(template: str) -> list[str]:
    kinds = (nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport)
    parsed = Environment(extensions=["jinja2.ext.i18n"]).parse(template)  # noqa: S701 - parsed only
    constants = [node.template for node in parsed.find_all(kinds)]
    return [str(one.value) for one in constants if isinstance(one, nodes.Const)]


def _template(name: str) -> Path:
    for folder in TEMPLATES:
        if (folder / name).is_file():
            return folder / name
    raise LookupError(f"No template is called {name}.")


def _static_files(template: str) -> Iterator[Path]:
    """The style sheets that it asks for, and the scripts that draw."""
    for name in re.findall(r"static\('([^']+)'\)", _template(template).read_text("utf-8")):
        if name.endswith(".css") or name in DRAWING:
            yield STATIC / name
    yield from (STATIC / name for name in STYLED_BY.get(template, ()))


def _text(file: Path) -> str:
    """Without comments, and with one blank for each stretch of blanks and line ends."""
    return " ".join(COMMENT.sub("", file.read_text("utf-8")).split())


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _sentences(language: str, templates: set[str]) -> Iterator[str]:
    """What the templates say, and the modules that word them: each sentence, translated."""
    paths = {_template(name).relative_to(ROOT).as_posix() for name in templates}
    worded = {path for name in templates for path in WORDED_BY.get(name, ())}
    others = {word for path in worded for word in words_without_location(path)}
    file = CATALOGUES / language / "LC_MESSAGES" / "messages.po"
    for message in _catalogue(language, file.read_bytes()):
        said_by = {path for path, _ in message.locations}
        if message.id and (said_by & (paths | worded) or message.id in others):
            yield f"{message.id} = {message.string}"


@cache
def _catalogue(language: str, text: bytes) -> Catalog:
    return read_po(BytesIO(text), locale=language)
