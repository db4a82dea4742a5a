"""Languages: translations, number and time formats, and the choice of a request's language.

A language is a catalogue, `locales/<code>/LC_MESSAGES/messages.po`: to add one, add that file. Each
process reads and compiles the catalogues once.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from datetime import UTC, datetime, tzinfo
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
# The language of the code's sentences, and the default.
SOURCE = "en"
COOKIE = "lang"
COOKIE_AGE_MAX_S = 365 * 24 * 3600
# The longest list of languages that is read, as clients control the header.
TAGS_MAX = 20
# The rest of a longer header is ignored, so that cache keys stay short.
HEADER_LENGTH_MAX = 256
# The context of problem titles: a title is a sentence in some languages, a room's state is not.
PROBLEM_TITLE = "problem title"
# What joins a context and its message to a key, as in compiled catalogues.
CONTEXT_END = "\x04"
# A sentence before and after a value that its readers do not share.
Around = tuple[str, str]
_GAP = "\ue000"


def to_translate(message: str) -> str:
    """Mark a sentence for extraction into the catalogues; its use translates it."""
    return message


class Language:
    """The sentences, numbers and times of one language; times are in `zone`."""

    def __init__(self, code: str, catalogue: Path) -> None:
        self.code = code
        self.locale = Locale.parse(code, sep="-")
        self.name = self.locale.get_display_name() or code
        self.zone: tzinfo = UTC
        with catalogue.open("rb") as file:
            messages = read_po(file, locale=str(self.locale), ignore_obsolete=True)
        compiled = BytesIO()
        write_mo(compiled, messages)
        compiled.seek(0)
        self.translations = Translations(compiled)
        # A plain dict for the crowd's pages: the standard library's lookup visits three objects.
        self._texts = {
            f"{one.context}{CONTEXT_END}{one.id}" if one.context else str(one.id): str(one.string)
            for one in messages
            if one.id and one.string
        }
        # By the singular and the number of the plural form.
        self._plurals = {
            (one.id[0], form): text
            for one in messages
            if isinstance(one.id, tuple) and isinstance(one.string, tuple) and not one.context
            for form, text in enumerate(one.string)
            if text
        }
        self._group = self.locale.number_symbols["latn"]["group"]
        self._in_thousands = self.locale.decimal_formats[None].grouping == (3, 3)

    def in_zone(self, zone: tzinfo) -> Language:
        """The same language with times in this zone."""
        other = copy(self)
        other.zone = zone
        return other

    def gettext(self, message: str, **values: object) -> str:
        text = self._texts.get(message, message)
        return text % values if values else text

    def around(self, message: str, name: str, **values: object) -> Around:
        """As `gettext`, but split at the value `name`, which the sentence has once."""
        before, _, after = self.gettext(message, **values, **{name: _GAP}).partition(_GAP)
        return before, after

    def pgettext(self, context: str, message: str) -> str:
        """The translation of a message that has another one elsewhere, by its context."""
        return self._texts.get(f"{context}{CONTEXT_END}{message}", message)

    def ngettext(self, one: str, many: str, count: int) -> str:
        """The singular or plural sentence, which contains `%(count)s`."""
        text = self._plurals.get((one, self.translations.plural(count)))
        if text is None:
            text = one if count == 1 else many
        return text % {"count": self.number(count)}

    def knows(self, message: str) -> bool:
        """Whether there is a translation; the source language needs none."""
        return self.code == SOURCE or message in self._texts

    def number(self, number: int) -> str:
        """A whole number with the language's grouping; faster than Babel, which takes 20 us."""
        if self._in_thousands:
            text = f"{number:,}"
            return text if self._group == "," else text.replace(",", self._group)
        return format_decimal(number, locale=self.locale)

    def decimal(self, number: float, places: int) -> str:
        """A number with at most `places` decimal places."""
        return str(format_decimal(round(number, places), locale=self.locale))

    def date_and_time(self, at: datetime) -> str:
        """Date and time to the minute, with the zone's short name."""
        return _date_and_time(self.locale, self.zone, at.replace(second=0, microsecond=0))

    def time(self, at: datetime) -> str:
        """The time to the second, with the zone's short name."""
        local = at.astimezone(self.zone)
        return f"{local:%H:%M:%S} {short_zone(local)}"


def short_zone(local: datetime) -> str:
    """The short name of a local time's zone, as `KST`; `UTC+03` where it has none."""
    name = local.tzname() or "UTC"
    return f"UTC{name}" if name[0] in "+-" else name


@lru_cache(maxsize=4_096)
def _date_and_time(locale: Locale, zone: tzinfo, at: datetime) -> str:
    local = at.astimezone(zone).replace(tzinfo=None)
    date = format_skeleton("yMMMd", local, locale=locale)
    time = format_skeleton("Hm", local, locale=locale)
    text = locale.datetime_formats["medium"].format(time, date)
    return f"{text} {short_zone(at.astimezone(zone))}"


@cache
def languages() -> Mapping[str, Language]:
    """All languages by code; the source language first."""
    codes = sorted(folder.name for folder in FOLDER.iterdir() if (folder / CATALOGUE).is_file())
    codes.sort(key=lambda code: code != SOURCE)
    return {code: Language(code, FOLDER / code / CATALOGUE) for code in codes}


@cache
def languages_in(zone: tzinfo) -> Mapping[str, Language]:
    """As `languages`, with times in this zone."""
    if zone is UTC:
        return languages()
    return {code: language.in_zone(zone) for code, language in languages().items()}


def get_language(code: str, zone: tzinfo) -> Language:
    """The language with this code, which must be one of `languages`, with times in this zone."""
    return languages_in(zone)[code]


def find_language(request: Request) -> Language:
    """The language of `?lang=`, else of the cookie, else of Accept-Language, else English.

    Its times are in the site's zone.
    """
    found = request.query_params.get(COOKIE)
    if found is None or found not in languages():
        found = choose_language(request.cookies, request.headers.get("accept-language", ""))
    return get_language(found, _site_zone(request))


def _site_zone(request: Request) -> tzinfo:
    """SITE_TIME_ZONE; UTC where no application is running."""
    application = request.scope.get("app")
    parts = getattr(application.state, "parts", None) if application else None
    return parts.time_zone if parts else UTC


def choose_language(found: Mapping[str, str], accept_language: str) -> str:
    """The code of the language of a request without a query. found: the request's cookies."""
    chosen = cookies.kept(found, COOKIE)
    if chosen is not None and chosen in languages():
        return chosen
    return parse_accept_language(accept_language[:HEADER_LENGTH_MAX])


@lru_cache(maxsize=1_024)
def parse_accept_language(header: str) -> str:
    """The code of our language that this Accept-Language prefers (RFC 9110, 12.5.4)."""
    wanted: list[tuple[float, str]] = []
    for part in header.split(",")[:TAGS_MAX]:
        tag, _, parameter = part.partition(";")
        quality = _quality(parameter)
        if tag.strip() and quality > 0:
            wanted.append((quality, tag.strip()))
    wanted.sort(key=lambda one: -one[0])  # stable: the first of equal ones wins
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
    """Set the headers that name the response's language, for readers and caches."""
    response.headers["Content-Language"] = language.code
    response.headers["Vary"] = "Accept-Language, Cookie"


def save_language(request: Request, response: Response, *, secure: bool) -> None:
    """Store the language of `?lang=` in its cookie, and renew a cookie of the old name."""
    chosen, found = request.query_params.get(COOKIE), request.cookies
    if chosen is None and secure and cookies.HOST_PREFIX + COOKIE not in found:
        chosen = found.get(COOKIE)
    if chosen is not None and chosen in languages():
        cookies.set_cookie(
            response, COOKIE, chosen, secure=secure, age_max_s=COOKIE_AGE_MAX_S, found=found
        )
