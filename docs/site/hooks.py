"""Hooks of mkdocs: bring the documents at the top of the checkout into the site.

README.md and its neighbours stay where readers of the repository look for them, and their links
stay those that work there. The site has them beside the pages of docs/, with the links rewritten.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING

from markdown import Markdown
from markdown.extensions import Extension

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[2]
DOCS = "docs/"
# By the path in the checkout: the path below docs/ that the file has for mkdocs.
FROM_THE_TOP = {
    "README.md": "index.md",
    "LICENSE": "LICENSE.txt",
    "deploy/nginx.conf": "nginx.conf",
    "deploy/Caddyfile": "Caddyfile.txt",
    "deploy/passes/verify_pass.py": "verify_pass.py.txt",
    "deploy/passes/verify-pass.mjs": "verify-pass.mjs.txt",
    "deploy/passes/nginx.conf": "passes-nginx.conf",
    "deploy/passes/Caddyfile": "passes-Caddyfile.txt",
} | {
    name: name for name in ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "UPGRADING.md")
}  # fmt: skip
SHIM = "iframe-worker-1.0.4.js"
DECISIONS = "adr"
CODE = re.compile(r"(^ *```.*?^ *```|`[^`\n]*`)", re.MULTILINE | re.DOTALL)
LINK = re.compile(r'(?<=\]\()[^)\s]+(?=\))|(?<=src=")[^"]+(?=")|(?<=href=")[^"]+(?=")')


class ShortIndents(Extension):
    """Nests lists as GitHub does, from two blanks on: Python-Markdown wants four."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - theirs
        md.tab_length = 2
        md.build_parser()  # its parts keep the length that they were made with


def on_config(config: MkDocsConfig) -> None:
    """Add the decisions, in their order, to the section of those who develop."""
    config.markdown_extensions.insert(0, ShortIndents())  # type: ignore[arg-type]
    names = (file.name for file in (ROOT / DOCS / DECISIONS).glob("*.md"))
    decisions = sorted(names, key=lambda name: (name != "index.md", name))
    if decisions:
        (develop,) = (section["Develop"] for section in config.nav if "Develop" in section)
        develop.append({"Decisions": [f"{DECISIONS}/{name}" for name in decisions]})


def on_files(files: Files, config: MkDocsConfig) -> None:
    from mkdocs.structure.files import File  # not at the top: tests of the links need no mkdocs

    added = {ROOT / path: uri for path, uri in FROM_THE_TOP.items() if (ROOT / path).is_file()}
    added[Path(__file__).with_name(SHIM)] = f"assets/{SHIM}"
    for path, uri in added.items():
        files.append(File.generated(config, uri, abs_src_path=str(path)))


def on_page_markdown(markdown: str, *, page: Page, **_: object) -> str:
    return rewrite_links(markdown, page.file.src_uri)


def rewrite_links(markdown: str, uri: str) -> str:
    """The text of the page `uri` with links that lead to the same files within the site.

    Code stays as it is. In HTML, which mkdocs leaves alone, a page's address ends with .html.
    """
    places = {site: path for path, site in FROM_THE_TOP.items()}
    here = places.get(uri, DOCS + uri)

    def rewritten(match: re.Match[str]) -> str:
        link = match[0]
        path, hash_, anchor = link.partition("#")
        if not path or "://" in path or path.startswith(("/", "mailto:")):
            return link
        target = posixpath.normpath(posixpath.join(posixpath.dirname(here), path))
        on_site = FROM_THE_TOP.get(target) or target.removeprefix(DOCS)
        led = posixpath.relpath(on_site, posixpath.dirname(uri) or ".")
        if match.string[match.start() - 1] == '"':
            led = re.sub(r"\.md$", ".html", led)
        return led + hash_ + anchor

    pieces = CODE.split(markdown)
    pieces[::2] = [LINK.sub(rewritten, piece) for piece in pieces[::2]]
    return "".join(pieces)
