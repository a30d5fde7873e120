"""The guest's language: the best one we have, and dates, times and zones in it by Babel (CLDR)."""

import gettext as _gettext
import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache, wraps
from pathlib import Path
from typing import ParamSpec, TypeVar
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.dates import format_date, format_interval, format_skeleton, format_time, format_timedelta
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

TRANSLATIONS = Path(__file__).parents[2] / "translations"
SOURCE = "en"
CLOCKS = ("12", "24")
ISOLATED = "\u2066{}\u2069"  # from left to right, whatever is around it (UAX 9)
USUAL_LENGTH = 300  # of what a browser says of its languages
WEEKDAY_LENGTH = 5  # letters above a column of the month
#: The year of a CLDR date pattern, with what ties it to the rest.
_YEAR = re.compile(r"(,? |,? 'de' )?y+(年|\s'р'\.)?")
_ZERO = {"arab": 0x660, "arabext": 0x6F0, "deva": 0x966, "beng": 0x9E6}  # CLDR numbering systems

# Babel's parser takes anything after an @; this goes into a header and a column of 35 characters.
_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}", re.ASCII)

_current: ContextVar[str] = ContextVar("language", default=SOURCE)
_clock: ContextVar[str] = ContextVar("clock", default="")
P = ParamSpec("P")
R = TypeVar("R")


def by_language(make: Callable[P, R]) -> Callable[P, R]:
    """`make`, whose answers are kept for each language: Babel takes up to 0.1 ms for a date. Only
    for what nothing but the language and the arguments decides about."""

    @lru_cache(maxsize=8192)
    def kept(_language: str, *given: P.args, **named: P.kwargs) -> R:
        return make(*given, **named)

    @wraps(make)
    def known(*given: P.args, **named: P.kwargs) -> R:
        return kept(_current.get(), *given, **named)  # type: ignore[arg-type]

    return known


@cache
def languages() -> tuple[str, ...]:
    """English, and every language that has a file in translations/, as `pl` or `zh_Hant`."""
    return (SOURCE, *sorted(path.stem for path in TRANSLATIONS.glob("*.po")))


@cache
def _messages(language: str) -> _gettext.NullTranslations:
    """A language's messages, compiled on first use and kept while the process lives."""
    path = TRANSLATIONS / f"{language}.po"
    if not path.exists():
        return _gettext.NullTranslations()
    compiled = io.BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return _gettext.GNUTranslations(compiled)


def choose(asked: str, accepted: str) -> str:
    """The language asked for by `lang`, else the first that we have of those that the browser
    accepts (its Accept-Language), else English.

    As a tag, with its region where it has one: en-GB speaks English, and writes dates its own
    way.
    """
    usual = len(asked) + len(accepted) < USUAL_LENGTH
    return (_chosen if usual else _chosen.__wrapped__)(asked, accepted)


@lru_cache(maxsize=1024)
def _chosen(asked: str, accepted: str) -> str:
    known = parse_accept_header(accepted, LanguageAccept)
    for wanted in (asked, *(tag for tag, quality in known if quality > 0)):
        locale = _locale(wanted)
        if locale and _file(wanted):
            return str(locale).replace("_", "-")
    return SOURCE


@lru_cache(maxsize=1024)
def _locale(tag: str) -> Locale | None:
    """What CLDR knows about a tag, or at least about its language."""
    tag = tag.replace("_", "-")
    for part in (tag, tag.partition("-")[0]) if _TAG.fullmatch(tag) else ():
        try:
            return Locale.parse(part, sep="-")
        except (ValueError, UnknownLocaleError):
            continue
    return None


@lru_cache(maxsize=1024)
def _file(tag: str) -> str:
    """The name of the translation for a tag; empty if there is none.

    One of its script goes before one of its language alone: zh-TW is written in zh_Hant.
    """
    locale = _locale(tag)
    if locale is None:
        return ""
    names = (f"{locale.language}_{locale.script}", locale.language)
    return next((name for name in names if name in languages()), "")


def use(language: str, clock: str = "") -> None:
    """From here on this request speaks `language`, with a clock of `12` or `24` hours if given."""
    _current.set(language)
    _clock.set(clock if clock in CLOCKS else "")


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak another language, as to a guest who is not the one that asks now."""
    before = _current.set(language)
    try:
        yield
    finally:
        _current.reset(before)


def current() -> Locale:
    return _locale(_current.get()) or Locale(SOURCE)


@by_language
def tag() -> str:
    """The current language as pages and headers name it: `pt-BR`."""
    return str(current()).replace("_", "-")


@by_language
def direction() -> str:
    return current().text_direction


def gettext(message: str) -> str:
    return _messages(_file(_current.get())).gettext(message)


def ngettext(one: str, many: str, number: int) -> str:
    return _messages(_file(_current.get())).ngettext(one, many, number)


# --- numbers ----------------------------------------------------------------------------------


def digits(text: str | int) -> str:
    """With the digits of this language's own numbering system: Babel leaves dates in ASCII."""
    own = _digits()
    return str(text).translate(own) if own else str(text)


@by_language
def _digits() -> dict[int, int]:
    """What becomes of 0 to 9; empty where they stay."""
    zero = _ZERO.get(current().default_numbering_system)
    return {ord("0") + digit: zero + digit for digit in range(10)} if zero else {}


# --- dates and times --------------------------------------------------------------------------


@by_language
def full_date(day: date) -> str:
    """Thursday, 3 December 2026, as this language writes it."""
    return digits(format_date(day, "full", locale=current()))


@by_language
def month_name(day: date) -> str:
    """December 2026"""
    first = datetime(day.year, day.month, 1, tzinfo=UTC)
    return digits(format_skeleton("yMMMM", first, locale=current()))


@by_language
def month_names(first: date, last: date) -> str:
    """November – December 2026; one month alone."""
    if (first.year, first.month) == (last.year, last.month):
        return month_name(first)
    return digits(format_interval(first, last, "yMMMM", locale=current()))


@by_language
def long_day(day: date) -> str:
    """Thursday, 3 December, as this language writes it."""
    pattern = _YEAR.sub("", current().date_formats["full"].pattern)
    return digits(format_date(day, pattern, locale=current()))


def clock(at: int, tz: ZoneInfo) -> str:
    """14:30 or 2:30 PM, in `tz`; 1:30 AM (UTC+01:00) in an hour that a clock change repeats."""
    moment = _local(at, tz)
    text = _time(_current.get(), _clock.get(), moment.hour, moment.minute)
    twin = moment.replace(fold=not moment.fold)
    if twin.utcoffset() == moment.utcoffset():
        return text
    offset = zone_offset(tz, at)
    return f"{text} ({ISOLATED.format(offset) if direction() == 'rtl' else offset})"


@lru_cache(maxsize=8192)  # by itself, since a list asks for a hundred times
def _time(_language: str, clock: str, hour: int, minute: int) -> str:
    moment = time(hour, minute)
    if not clock:
        return digits(format_time(moment, "short", locale=current()))
    return digits(format_skeleton("hm" if clock == "12" else "Hm", moment, locale=current()))


def hours() -> str:
    """`12` or `24`: the clock that times are written by."""
    return _clock.get() or _usual_clock()


@by_language
def _usual_clock() -> str:
    return "24" if set("Hk") & set(current().time_formats["short"].pattern) else "12"


def clock_range(start: int, end: int, tz: ZoneInfo) -> str:
    """9:00 – 9:30; 21:00 – Friday, 4 December 2026, 9:00 where the end has another date."""
    day, until = today(end, tz), clock(end, tz)
    if day != today(start, tz):
        until = _together(full_date(day), until)
    return f"{clock(start, tz)} – {until}"


@by_language
def short_day(day: date) -> str:
    """Thu 3 Dec"""
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    return digits(format_skeleton("MMMEd", noon, locale=current()))


def short_moment(at: int, tz: ZoneInfo) -> str:
    """Thu 3 Dec, 14:30"""
    return _together(short_day(today(at, tz)), clock(at, tz))


def full_range(start: int, end: int, tz: ZoneInfo) -> str:
    """Thursday, 3 December 2026, 14:30 – 15:00"""
    return _together(full_date(today(start, tz)), clock_range(start, end, tz))


def whole_parts(start: int, end: int, tz: ZoneInfo) -> tuple[str, str]:
    """full_range in two, each to be kept on a line: the date with its comma, and the times."""
    times = clock_range(start, end, tz)
    return full_range(start, end, tz).removesuffix(times).rstrip(), times


def _together(day: str, clock: str) -> str:
    return str(current().datetime_formats["medium"]).replace("{1}", day).replace("{0}", clock)


@by_language
def weekdays() -> list[dict[str, str]]:
    """The seven days in this language's order, each with `narrow`, `short` and `long` names."""
    names = current().days["stand-alone"]
    fits = max(map(len, names["abbreviated"].values())) <= WEEKDAY_LENGTH
    short = names["abbreviated" if fits else "short"]
    return [
        {"narrow": names["narrow"][day], "short": short[day], "long": names["wide"][day]}
        for day in week_order()
    ]


@by_language
def week_order() -> list[int]:
    """Weekday numbers (Monday is 0) from the first day of the week on; where the language names no
    territory, as in the one that most of its readers live in (CLDR, likely subtags)."""
    locale = current()
    likely = get_global("likely_subtags").get(locale.language, "")
    region = locale if locale.territory else _locale(likely) or locale
    return [(region.first_week_day + offset) % 7 for offset in range(7)]


# --- zones and lengths ------------------------------------------------------------------------


def zone_label(tz: ZoneInfo, at: int) -> str:
    """Lisbon, UTC+00:00; the offset alone for a zone that no city gives its name to."""
    city, offset = zone_city(tz), zone_offset(tz, at)
    if city in ("", "UTC"):
        return city or offset
    return gettext("%(city)s, %(offset)s") % {"city": city, "offset": offset}


def zone_offset(tz: ZoneInfo, at: int) -> str:
    """UTC+05:30, in `tz` at the instant `at`.

    By utcoffset(), since Babel 2.18 rounds negative half hours to the wrong side.
    """
    offset = _local(at, tz).utcoffset() or timedelta()
    minutes = abs(offset) // timedelta(minutes=1)
    return f"UTC{'-' if offset < timedelta() else '+'}{minutes // 60:02}:{minutes % 60:02}"


@by_language
def zone_city(tz: ZoneInfo) -> str:
    """The city that a zone is named after; empty for Etc/GMT+5 and the like.

    CLDR names some cities by what their zone was called before: Kyiv as Europe/Kiev.
    """
    zone, names = tz.key, current().time_zones
    if zone in ("UTC", "Etc/UTC"):
        return "UTC"
    if "/" not in zone or zone.startswith("Etc/"):
        return ""
    cities = (names.get(name, {}).get("city") for name in names_of_zone(zone))
    return next(filter(None, cities), zone.rpartition("/")[2].replace("_", " "))


def names_of_zone(zone: str) -> tuple[str, ...]:
    """Its name, and those that it had before (CLDR): Asia/Kolkata, Asia/Calcutta."""
    return (zone, *_old_zones().get(zone, ()))


@cache
def _old_zones() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for old, new in get_global("zone_aliases").items():
        found[new] = (*found.get(new, ()), old)
    return found


@by_language
def minutes(number: int) -> str:
    """45 min, 2 h, 1 h 30 min"""
    hours, rest = divmod(number, 60)
    parts = []
    if hours:
        parts.append(gettext("%(n)s h") % {"n": digits(hours)})
    if rest or not hours:
        parts.append(gettext("%(n)s min") % {"n": digits(rest)})
    return " ".join(parts)


def today(at: int, tz: ZoneInfo) -> date:
    return _local(at, tz).date()


def _local(at: int, tz: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(at, UTC).astimezone(tz)


def weekday_name(day: int) -> str:
    """The name of a weekday by itself; Monday is 0."""
    return str(current().days["stand-alone"]["wide"][day])


def ago(seconds: int) -> str:
    """5 minutes ago, in this language."""
    return format_timedelta(
        timedelta(seconds=-max(seconds, 1)), add_direction=True, locale=current()
    )


@by_language
def short_date(day: date) -> str:
    """3 Dec 2026, as this language writes it."""
    return format_date(day, "medium", locale=current())


@by_language
def date_range(first: date, last: date) -> str:
    """24 Dec 2026 – 5 Jan 2027, as this language writes it; one date alone."""
    if first == last:
        return digits(short_date(first))
    return digits(format_interval(first, last, "yMMMd", locale=current()))
