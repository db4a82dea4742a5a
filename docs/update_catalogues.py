"""Updates every catalogue in web/locales from the sentences in templates and code.

    .venv/bin/python -m docs.update_catalogues

Run it in the checkout. It adds new sentences without a translation, and removes unused
ones; no fuzzy matches. To add a language, add a folder with an empty `messages.po`.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from domain.invalid_value import SENTENCES
from domain.phase import ROOM_PHASES
from domain.refusals import REFUSALS, CouponLost, Refusal, refusals_of
from domain.settings_spec import ROOM_SETTINGS
from domain.sites.settings_spec import SITE_SETTINGS
from issuance.errors import OfficeError
from waitroom.errors import LineError
from waitroom.tokens.ticket import BadTicket
from web.auth.member_tokens import Forbidden, NotSignedIn
from web.i18n import CATALOGUE, FOLDER, PROBLEM_TITLE
from web.problems import KINDS

SPECS = {
    "domain/settings_spec.py": ROOM_SETTINGS,
    "domain/sites/settings_spec.py": SITE_SETTINGS,
}
WEB = Path(__file__).parents[1] / "web"
APPLICATION = WEB.parent / "application"
# Packages whose exceptions can reach the web.
OURS = ("domain", "issuance", "waitroom", "application", "web")
METHODS = [("**/templates/**.html", "jinja2.ext:babel_extract"), ("**.py", "python")]
OPTIONS = {"**/templates/**.html": {"trimmed": "true", "silent": "false"}}
KEYWORDS = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "to_translate": None,
}
# Calls with sentences for people, by the position of the argument; None: any.
RAISED = {"Problem": (2,), "BadToken": None}
# Without the dates that Babel writes, which would cause merge conflicts.
HEADER = """\
# What the pages say in this language; see docs/pages.md for how to add to it.
msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plurals}\\n"

"""


def said() -> Catalog:
    """All sentences that a page can show."""
    catalog = Catalog(fuzzy=False)
    found = extract_from_dir(WEB, METHODS, OPTIONS, KEYWORDS)
    for name, _line, message, _comments, context in found:
        catalog.add(message, locations=[(f"web/{Path(name).as_posix()}", None)], context=context)
    for title in _problem_titles():
        catalog.add(title, context=PROBLEM_TITLE)
    raised = extract_from_dir(WEB, [("**.py", "python")], None, RAISED)
    for message in (*_refusals(), *_phases(), *SENTENCES.values(), *(one[2] for one in raised)):
        if " " in message or message.istitle():
            catalog.add(message)
    # What dangerous changes are asked about with; the first argument of `sentence`.
    for message in extract_from_dir(APPLICATION, METHODS[1:], None, {"sentence": (1,)}):
        catalog.add(message[2], locations=[(f"application/{Path(message[0]).as_posix()}", None)])
    for spec, settings in SPECS.items():
        for setting in settings:
            for message in (setting.label, setting.help, *setting.choices.values()):
                catalog.add(message, locations=[(spec, None)])
    return catalog


def _problem_titles() -> Iterator[str]:
    """The titles of problems and refusals, as members read them above the sentence."""
    for kind in (*KINDS.values(), *_kinds_of(Refusal)):
        yield kind.title


def _refusals() -> Iterator[str]:
    """The sentences of problems and refusals, and the titles of those that the console counts."""
    for kind in KINDS.values():
        yield kind.detail
    for slug in (*refusals_of("enter", "issue"), CouponLost.slug):
        yield REFUSALS[slug].title
    for refusal in _kinds_of(Refusal):
        yield inspect.getdoc(refusal) or ""
        if refusal.site_detail:
            yield refusal.site_detail
    for error in (LineError, OfficeError, BadTicket, NotSignedIn, Forbidden):
        for one in _kinds_of(error):
            # Those defined elsewhere are for admins, and not always imported.
            if one.__module__ == error.__module__:
                yield inspect.getdoc(one) or ""


def _phases() -> Iterator[str]:
    """The texts of each phase of a room."""
    for phase in ROOM_PHASES:
        yield from (phase.label, phase.board, phase.note, phase.lead)


def _kinds_of(kind: type) -> Iterator[type]:
    """The class and its subclasses that can reach the web."""
    if kind.__module__.partition(".")[0] in (
        "domain",
        "issuance",
        "waitroom",
        "application",
        "web",
    ):
        yield kind
    for one in kind.__subclasses__():
        yield from _kinds_of(one)


def catalogues() -> Iterator[tuple[Path, Catalog]]:
    for path in sorted(FOLDER.glob(f"*/{CATALOGUE}")):
        with path.open("rb") as file:
            yield path, read_po(file, locale=path.parts[-3])


def main() -> None:
    for path, catalog in catalogues():
        catalog.update(said(), no_fuzzy_matching=True)
        catalog.obsolete.clear()
        written = BytesIO()
        options = {"omit_header": True, "sort_output": True, "include_lineno": False}
        write_po(written, catalog, width=100, **options)
        header = HEADER.format(language=path.parts[-3], plurals=catalog.plural_forms)
        path.write_bytes(header.encode() + written.getvalue())
        missing = sum(1 for one in catalog if one.id and not one.string)
        print(f"{path.relative_to(WEB)}: {len(catalog)} sentences, {missing} without a translation")


if __name__ == "__main__":
    main()
