"""Long words and names break no page, also from right to left. 400 % zoom of 1280 px is 320 px."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.browser.rendered import LANGUAGES, address, names, opened

WIDTH = 320
# Puts a word of 60 letters where the shop or the member chose the words.
LENGTHEN = """
([word, chosen]) => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let changed = 0;
  while (texts.nextNode()) {
    const text = texts.currentNode;
    if (["SCRIPT", "NOSCRIPT"].includes(text.parentElement.tagName)) continue;
    const now = chosen.reduce((so_far, one) => so_far.replaceAll(one, word), text.data);
    changed += now !== text.data;
    text.data = now;
  }
  return changed;
}
"""
CHOSEN = ["Spring sale", "Open Run", "Alice", "Bob Marlowe"]


def is_members(name: str) -> bool:
    return not name.startswith(("console", "admin", "board", "result", "audit"))


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_a_word_of_60_letters_makes_no_page_scroll_sideways(browser: Browser, direction):
    cut_off, lengthened = [], 0
    with opened(browser, width=WIDTH) as page:
        for name in filter(is_members, names()):
            page.goto(address(name, LANGUAGES["en"]))
            page.evaluate(f"document.documentElement.dir = '{direction}'")
            lengthened += page.evaluate(LENGTHEN, ["W" * 60, CHOSEN])
            if page.evaluate("document.documentElement.scrollWidth") > WIDTH:
                cut_off.append(name)

    assert cut_off == []
    assert lengthened > 100, "the words were there"
