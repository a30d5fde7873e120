"""The guest's language: the best one we have, and dates, times and zones in it by Babel (CLDR)."""

from __future__ import annotations

import gettext as _gettext
import io
import re
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import (
    format_date,
    format_datetime,
    format_time,
    format_timedelta,
    get_timezone_gmt,
    get_timezone_location,
)
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from werkzeug.datastructures import LanguageAccept

TRANSLATIONS = Path(__file__).parent.parent / "translations"
SOURCE = "en"

# Babel's parser takes anything after an @; this goes into a header and a column of 35 characters.
_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}", re.ASCII)

_current: ContextVar[str] = ContextVar("language", default=SOURCE)


@cache
def languages() -> tuple[str, ...]:
    """English, and every language that has a file in translations/."""
    return (SOURCE, *sorted(path.stem for path in TRANSLATIONS.glob("*.po")))


@cache
def _messages(language: str) -> _gettext.NullTranslations:
    path = TRANSLATIONS / f"{language}.po"
    if not path.exists():
        return _gettext.NullTranslations()
    compiled = io.BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return _gettext.GNUTranslations(compiled)


def choose(asked: str, accepted: LanguageAccept) -> str:
    """The language asked for by `lang`, else the browser's first that we have, else English.

    With its region where it has one: en-GB speaks English, and writes dates its own way.
    """
    for wanted in (asked, *accepted.values()):
        if _TAG.fullmatch(wanted) and _language(wanted) in languages():
            try:
                return str(Locale.parse(wanted, sep="-")).replace("_", "-")
            except (ValueError, UnknownLocaleError):
                return _language(wanted)
    return SOURCE


def _language(tag: str) -> str:
    return tag.partition("-")[0].lower()


def use(language: str) -> None:
    """From here on this request speaks `language`."""
    _current.set(language)


def current() -> Locale:
    return Locale.parse(_current.get(), sep="-")


def direction() -> str:
    return current().text_direction


def gettext(message: str) -> str:
    return _messages(_language(_current.get())).gettext(message)


def ngettext(one: str, many: str, number: int) -> str:
    return _messages(_language(_current.get())).ngettext(one, many, number)


def full_date(day: date) -> str:
    """Thursday, 3 December 2026, as this language writes it."""
    return format_date(day, "full", locale=current())


def month_name(day: date) -> str:
    return format_date(day, "LLLL yyyy", locale=current())


def clock(at: int, tz: ZoneInfo) -> str:
    """14:30 or 2:30 PM, in `tz`."""
    return format_time(datetime.fromtimestamp(at, tz).time(), "short", locale=current())


def clock_range(start: int, end: int, tz: ZoneInfo) -> str:
    return f"{clock(start, tz)} – {clock(end, tz)}"


def weekdays() -> list[dict[str, str]]:
    """The seven days in this language's order, each with `short` and `long` names."""
    locale = current()
    short, long = locale.days["stand-alone"]["abbreviated"], locale.days["stand-alone"]["wide"]
    return [{"short": short[day], "long": long[day]} for day in week_order()]


def week_order() -> list[int]:
    """Weekday numbers (Monday is 0) from the first day of the week on."""
    first = current().first_week_day
    return [(first + offset) % 7 for offset in range(7)]


def zone_label(tz: ZoneInfo, at: int) -> str:
    """Lisbon, UTC+00:00"""
    offset = get_timezone_gmt(datetime.fromtimestamp(at, tz), "iso8601", locale=current())
    offset = "+00:00" if offset == "Z" else offset
    return f"{zone_city(tz)}, UTC{offset}" if tz.key != "UTC" else "UTC"


def zone_city(tz: ZoneInfo) -> str:
    try:
        return get_timezone_location(tz, locale=current(), return_city=True)
    except KeyError:  # CLDR knows some languages, such as en-Shaw, too little for that
        return get_timezone_location(tz, locale=SOURCE, return_city=True)


def minutes(number: int) -> str:
    """45 min, 2 h, 1 h 30 min"""
    hours, rest = divmod(number, 60)
    parts = []
    if hours:
        parts.append(gettext("%(n)s h") % {"n": hours})
    if rest or not hours:
        parts.append(gettext("%(n)s min") % {"n": rest})
    return " ".join(parts)


def today(at: int, tz: ZoneInfo) -> date:
    return datetime.fromtimestamp(at, UTC).astimezone(tz).date()


def weekday_name(day: int) -> str:
    """The name of a weekday by itself; Monday is 0."""
    return str(current().days["stand-alone"]["wide"][day])


def moment(at: int) -> str:
    """A date and time in UTC, named as such."""
    return format_datetime(datetime.fromtimestamp(at, UTC), "medium", locale=current()) + " UTC"


def ago(seconds: int) -> str:
    """5 minutes ago, in this language."""
    return format_timedelta(
        timedelta(seconds=-max(seconds, 1)), add_direction=True, locale=current()
    )


def short_date(day: date) -> str:
    """3 Dec 2026, as this language writes it."""
    return format_date(day, "medium", locale=current())
