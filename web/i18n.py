"""What the pages say in each, and which one a browser asks for.

A language is a catalogue, `locales/<code>/LC_MESSAGES/messages.po`: adding one is adding that file.
Catalogues are read and compiled in memory, once a process.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache, lru_cache
from importlib.resources import files
from io import BytesIO
from pathlib import Path

from babel import Locale, negotiate_locale
from babel.dates import format_skeleton
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import Translations
from fastapi import Request, Response

from web.auth import cookies

FOLDER = Path(str(files("web"))) / "locales"
CATALOGUE = Path("LC_MESSAGES") / "messages.po"
# What the sentences in the code are written in, and whoever asks for no language of ours reads.
SOURCE = "en"
COOKIE = "lang"
COOKIE_AGE_MAX_S = 365 * 24 * 3600
# Nobody reads more languages, and the header is a stranger's.
TAGS_MAX = 20
# What comes after is not read, and no key of a cache.
HEADER_LENGTH_MAX = 256


def to_translate(message: str) -> str:
    """Marks a sentence that is said elsewhere, so that it is found for the catalogues."""
    return message


class Language:
    """The sentences, numbers and times of one language."""

    def __init__(self, code: str, catalogue: Path) -> None:
        self.code = code
        self.locale = Locale.parse(code, sep="-")
        self.name = self.locale.get_display_name() or code
        with catalogue.open("rb") as file:
            messages = read_po(file, locale=str(self.locale), ignore_obsolete=True)
        compiled = BytesIO()
        write_mo(compiled, messages)
        compiled.seek(0)
        self.translations = Translations(compiled)
        # What a crowd is told is looked up here: the standard library's way asks three objects.
        self._said = {str(one.id): str(one.string) for one in messages if one.id and one.string}
        self._group = self.locale.number_symbols["latn"]["group"]
        self._in_thousands = self.locale.decimal_formats[None].grouping == (3, 3)

    def gettext(self, message: str, **values: object) -> str:
        text = self._said.get(message, message)
        return text % values if values else text

    def ngettext(self, one: str, many: str, count: int) -> str:
        """The sentence for so many, which it names as `%(count)s`."""
        text: str = self.translations.ngettext(one, many, count)
        return text % {"count": self.number(count)}

    def knows(self, message: str) -> bool:
        """Whether it can be said in this language; the source is its own translation."""
        return self.code == SOURCE or message in self._said

    def number(self, number: int) -> str:
        """A whole number, as the language groups its digits: Babel's own way takes 20 us each."""
        if self._in_thousands:
            return f"{number:,}".replace(",", self._group)
        return format_decimal(number, locale=self.locale)

    def decimal(self, number: float, places: int) -> str:
        """With at most so many places after the point."""
        return str(format_decimal(round(number, places), locale=self.locale))

    def date_and_time(self, at: datetime) -> str:
        """To the minute. In UTC, and so named: only the browser knows where its reader is."""
        return _date_and_time(self.locale, at.replace(second=0, microsecond=0))

    @staticmethod
    def time(at: datetime) -> str:
        """To the second."""
        return f"{at.astimezone(UTC):%H:%M:%S} UTC"


@lru_cache(maxsize=4_096)
def _date_and_time(locale: Locale, at: datetime) -> str:
    date = format_skeleton("yMMMd", at, tzinfo=UTC, locale=locale)
    time = format_skeleton("Hm", at, tzinfo=UTC, locale=locale)
    return f"{locale.datetime_formats['medium'].format(time, date)} UTC"


@cache
def languages() -> Mapping[str, Language]:
    """All there are, by their code; the source first."""
    codes = sorted(folder.name for folder in FOLDER.iterdir() if (folder / CATALOGUE).is_file())
    codes.sort(key=lambda code: code != SOURCE)
    return {code: Language(code, FOLDER / code / CATALOGUE) for code in codes}


def find_language(request: Request) -> Language:
    """As switched by `?lang=`, else as switched before, else as the browser asks, else English."""
    known = languages()
    for chosen in (request.query_params.get(COOKIE), cookies.kept(request.cookies, COOKIE)):
        if chosen is not None and chosen in known:
            return known[chosen]
    return known[
        parse_accept_language(request.headers.get("accept-language", "")[:HEADER_LENGTH_MAX])
    ]


@lru_cache(maxsize=1_024)
def parse_accept_language(header: str) -> str:
    """The code of the language that this Accept-Language (RFC 9110, 12.5.4) likes most."""
    wanted: list[tuple[float, str]] = []
    for part in header.split(",")[:TAGS_MAX]:
        tag, _, parameter = part.partition(";")
        quality = _quality(parameter)
        if tag.strip() and quality > 0:
            wanted.append((quality, tag.strip()))
    wanted.sort(key=lambda one: -one[0])  # stable: of two liked the same, the first
    codes = {code.lower(): code for code in languages()}
    found = negotiate_locale([tag.lower() for _, tag in wanted], list(codes), sep="-")
    return codes[found] if found else SOURCE


def _quality(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if not parameter.strip():
        return 1.0
    try:
        quality = float(value) if name.strip().lower() == "q" else 0.0
    except ValueError:
        return 0.0
    return quality if 0 <= quality <= 1 else 0.0


def say_language(response: Response, language: Language) -> None:
    """Tell caches and readers which language this is; a switch is remembered."""
    response.headers["Content-Language"] = language.code
    response.headers["Vary"] = "Accept-Language, Cookie"


def save_language(request: Request, response: Response, *, secure: bool) -> None:
    """Remember a language that `?lang=` asks for, or that is kept by the name of before."""
    chosen, found = request.query_params.get(COOKIE), request.cookies
    if chosen is None and secure and cookies.HOST_PREFIX + COOKIE not in found:
        chosen = found.get(COOKIE)
    if chosen is not None and chosen in languages():
        cookies.set_cookie(
            response, COOKIE, chosen, secure=secure, age_max_s=COOKIE_AGE_MAX_S, found=found
        )
