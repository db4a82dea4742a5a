"""The docs site has every document, reads as on GitHub, and asks no other host for anything."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from markdown_it import MarkdownIt

from docs.site.hooks import FROM_THE_TOP, SHIM, rewrite_links

ROOT = Path(__file__).parents[2]
DOCUMENTS = {path: uri for path, uri in FROM_THE_TOP.items() if uri.endswith(".md")} | {
    f"docs/{page.relative_to(ROOT / 'docs').as_posix()}": page.relative_to(ROOT / "docs").as_posix()
    for page in sorted((ROOT / "docs").rglob("*.md"))
}
# A loose list has paragraphs on GitHub; here it may have none. All else is alike.
ALIKE = {
    "h1", "h2", "h3", "h4", "ul", "ol", "li", "table", "tr", "td", "pre", "code", "blockquote",
    "img", "a", "strong", "em",
}  # fmt: skip
ASKED_FOR = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src"}


class Page(HTMLParser):
    """A page's tags with their attributes, in the order in which they begin."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def counted(self) -> Counter[str]:
        """Those that readers see; without the links that the theme puts beside headings."""
        added = ("headerlink", "__codelineno")
        return Counter(
            tag
            for tag, of in self.tags
            if tag in ALIKE and not any(one in str(of) for one in added)
        )


def build(folder: Path) -> None:
    """Strictly: every warning is an error. Raises AssertionError with mkdocs' own words."""
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    done = subprocess.run(
        command,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    build(folder)
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, Page]:
    found = {page.relative_to(site).as_posix(): page for page in site.rglob("*.html")}
    return {name: Page(page.read_text("utf-8")) for name, page in found.items()}


@pytest.mark.parametrize("path", DOCUMENTS)
def test_a_page_has_what_github_shows(site: Path, path: str):
    """Python-Markdown reads some lists in another way than GitHub does."""
    source = (ROOT / path).read_text("utf-8")
    on_github = Page(MarkdownIt("commonmark").enable("table").render(source)).counted()
    built = (site / DOCUMENTS[path]).with_suffix(".html").read_text("utf-8")
    (article,) = re.findall(r"<article.*?</article>", built, flags=re.DOTALL)

    assert Page(article).counted() == on_github


def test_every_link_leads_to_a_file_and_an_anchor_of_the_site(site: Path, pages: dict[str, Page]):
    anchors = {
        name: {of["id"] for _, of in page.tags if "id" in of} for name, page in pages.items()
    }
    broken = []
    for name, page in pages.items():
        for tag, of in page.tags:
            link = urlsplit(of.get(ASKED_FOR.get(tag, "href"), ""))
            if link.scheme or name == "404.html":  # its links begin at the root of a server
                continue
            target = site / name if not link.path else (site / name).parent / unquote(link.path)
            led = os.path.relpath(target, site)
            if not target.exists() or (link.fragment and link.fragment not in anchors.get(led, ())):
                broken.append((name, link.geturl()))

    assert len(pages) > len(DOCUMENTS)
    assert broken == []


def test_the_site_asks_no_other_host_for_anything(site: Path, pages: dict[str, Page]):
    asked = [
        (name, of[ASKED_FOR[tag]])
        for name, page in pages.items()
        for tag, of in page.tags
        if tag in ASKED_FOR and ASKED_FOR[tag] in of
    ]
    sheets = "".join(sheet.read_text("utf-8") for sheet in site.rglob("*.css"))

    assert len(asked) > 100
    assert [one for one in asked if urlsplit(one[1]).netloc] == []
    assert re.findall(r"url\(\s*['\"]?(?:https?:)?//|@import", sheets) == []


def test_what_is_no_document_is_not_published(site: Path):
    files = {file.name for file in site.rglob("*") if file.is_file()}

    assert {"alerts.yml", "nginx.conf", "waiting-wide.png", "LICENSE.txt"} <= files
    assert files & {"autopilot.json", "manifest.json", "hooks.py", "studio.py"} == set()
    assert [name for name in files if name.endswith((".py", ".pyc"))] == []


def test_the_script_of_somebody_else_is_as_it_was_published():
    """`shim/index.js` of the npm package iframe-worker 1.0.4."""
    content = (ROOT / "docs" / "site" / SHIM).read_bytes()

    assert hashlib.sha256(content).hexdigest() == SHA256
    assert (ROOT / "docs" / "site" / SHIM.replace(".js", ".LICENSE")).is_file()


SHA256 = "e8e412dbcfea9b7e31b5ffa288d7b6035915e714c542f4176a0cdbe262fc9609"


@pytest.mark.parametrize(
    ("uri", "link", "led"),
    [
        ("index.md", "[a](docs/api.md#b)", "[a](api.md#b)"),
        ("index.md", '<a href="docs/api.md#b">', '<a href="api.html#b">'),
        ("index.md", '<img src="docs/screenshots/a.png">', '<img src="screenshots/a.png">'),
        ("api.md", "[a](../SECURITY.md)", "[a](SECURITY.md)"),
        ("api.md", "[a](../README.md#b)", "[a](index.md#b)"),
        ("adr/0001.md", "[a](../api.md)", "[a](../api.md)"),
        ("adr/0001.md", "[a](../../LICENSE)", "[a](../LICENSE.txt)"),
        ("index.md", "[a](#b) [c](https://d.example/docs/e)", None),
        ("index.md", "`[a](docs/b.md)`", None),
        ("index.md", "```\n[a](docs/b.md)\n```", None),
    ],
)
def test_a_link_leads_to_the_same_file_on_the_site(uri: str, link: str, led: str | None):
    assert rewrite_links(link, uri) == (led or link)
