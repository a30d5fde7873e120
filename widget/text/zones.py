"""Time zones as people look for them: by city, country, abbreviation or offset, in any language."""

import json
import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.core import get_global

from widget.core import zones
from widget.text import language

LONGEST = 60  # characters of a search
OTHER = 4  # the rank of a zone that is found by a further city in it
MOST_FOUND = 40  # more than the zones of any country
#: Letters that are none with an accent to Unicode, and that people type without it all the same.
_PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe", "ð": "d"})
#: +5:30, UTC+5, GMT-3, 5:30, +5.5, and "UTC 5", as an address without escapes has it.
_OFFSET = re.compile(r"(?i)(utc|gmt)?\s*([+-])?\s*(\d{1,2})(?:([:.,h])?(\d\d)|[.,](5)|h)?")
_MINUSES = str.maketrans("−–‐‑±٫", "----+,")
_HALF_A_YEAR = timedelta(days=182)


# --- all zones --------------------------------------------------------------------------------


@dataclass(frozen=True)
class City:
    """A zone of the time zone database, its city and country in one language, and `words`: all
    by which it can be found, folded. `others`: further cities in it, each by its names, as they
    are written and folded. `names`: the whole names in `words`."""

    name: str
    label: str
    words: str
    others: tuple[tuple[str, str], ...] = ()
    names: tuple[str, ...] = ()

    def rank(self, sought: str) -> int | None:
        """How well the text fits, the best first; None: not at all."""
        fits = (
            sought in self.names,
            self.words.startswith(sought),
            # its own name or country, rather than a former name, or one in English
            any(f" {sought}" in f" {name}" for name in self.names[:2]),
            f" {sought}" in self.words,
            bool(self.other(sought, "")),
            sought in self.words,
        )
        return fits.index(True) if any(fits) else None

    def other(self, sought: str, typed: str) -> str:
        """A further city in this zone whose name begins so, rather as it was typed."""
        names = [name for name, word in self.others if word.startswith(sought)]
        return next((name for name in names if name.casefold().startswith(typed)), [*names, ""][0])

    def has(self, offset: timedelta, moment: datetime) -> bool:
        return moment.astimezone(ZoneInfo(self.name)).utcoffset() == offset

    def shown(self, at: int) -> dict[str, Any]:
        """As the templates take it, with its offset and its clock at the instant `at`."""
        zone = ZoneInfo(self.name)
        offset = language.zone_offset(zone, at)
        title = ", ".join(filter(None, (self.label, offset)))
        shown = {"name": self.name, "label": self.label, "offset": offset, "title": title}
        return {**shown, "time": language.clock(at, zone)}


def every(chosen: ZoneInfo, at: int) -> list[dict[str, Any]]:
    """All zones by city, each with its offset at the instant `at`."""
    known = list(_cities(language.tag()))
    if chosen.key not in {city.name for city in known}:
        known.insert(0, City(chosen.key, language.zone_city(chosen), ""))
    return [{**city.shown(at), "chosen": city.name == chosen.key} for city in known]


def by_region(chosen: ZoneInfo, at: int) -> list[dict[str, Any]]:
    """The same in groups, by the first part of a zone's name."""
    regions: dict[str, list[dict[str, Any]]] = {}
    for each in every(chosen, at):
        entry = {**each, "label": each["title"]}
        regions.setdefault(each["name"].partition("/")[0], []).append(entry)
    return [{"label": label, "zones": regions[label]} for label in sorted(regions)]


# --- a search ---------------------------------------------------------------------------------


def found(text: str, at: int) -> tuple[int, list[dict[str, Any]]]:
    """How many zones a text finds, and the MOST_FOUND that fit best.

    An offset finds the zones that have it at the instant `at`, else half a year later. An
    abbreviation finds those that use it at some time of the year; then come those with a city or
    country of that name, first those that begin with it; else those whose clock is called so.
    """
    hits = _with_offset(text, at)
    if hits is None:
        hits = _named(text, at) or _spelt_out(text) or _by_first_words(text)
    return len(hits), [city.shown(at) for city in hits[:MOST_FOUND]]


def looked_for(text: str, tz: ZoneInfo, at: int) -> dict[str, Any]:
    """What the templates show of a search: the zones that it finds, else every one."""
    sought = text.strip()[:LONGEST]
    number, hits = found(sought, at)
    said = language.ngettext("%(num)s time zone found", "%(num)s time zones found", number)
    return {
        "sought": sought,
        "hits": number,
        "zones": hits or every(tz, at),
        "more": number > len(hits),
        "found": said % {"num": language.digits(number)} if sought else "",
    }


def _with_offset(text: str, at: int) -> list[City] | None:
    """None when the text is no offset from UTC."""
    plain = unicodedata.normalize("NFKC", text.translate(_MINUSES)).strip(" ()")
    match = _OFFSET.fullmatch(plain)
    if not match or not (match[1] or match[2] or match[4]):
        return None
    minutes = int(match[3]) * 60 + int(match[5] or 0) + 30 * bool(match[6])
    wanted = timedelta(minutes=-minutes if match[2] == "-" else minutes)
    now, hits = datetime.fromtimestamp(at, UTC), list[City]()
    for moment in (now, now + _HALF_A_YEAR):  # -3:30 means Newfoundland in summer, too
        hits = hits or [city for city in _cities(language.tag()) if city.has(wanted, moment)]
    return sorted(hits, key=_prominence)


def _named(text: str, at: int) -> list[City]:
    sought, cities = folded(text), _cities(language.tag())
    if not sought:
        return []
    using = _abbreviations(datetime.fromtimestamp(at, UTC).year).get(sought.upper(), set())
    typed = text.strip().lower()  # US/Pacific
    using = using or {
        name
        for name in _countries_of_zones()
        if typed in map(str.lower, language.names_of_zone(name))
    }
    first = sorted((city for city in cities if city.name in using), key=_prominence)
    ranked = [(city.rank(sought), city) for city in cities if city.name not in using]
    hits = [(rank, city) for rank, city in ranked if rank is not None]
    hits.sort(key=lambda hit: (hit[0], _prominence(hit[1])))
    return [*first, *(_by_name(city, text) if rank == OTHER else city for rank, city in hits)]


def _spelt_out(text: str) -> list[City]:
    """By what their clocks are called (Pacific Time), or by another name that is no city's."""
    sought, cities = folded(text), _cities(language.tag())
    clocks = {
        clock
        for clock, names in Locale.parse(language.tag(), sep="-").meta_zones.items()
        if sought
        and any(folded(name).startswith(sought) for name in names.get("long", {}).values())
    }
    called = get_global("meta_zones")
    hits = [
        city
        for city in cities
        if clocks.intersection(map(called.get, language.names_of_zone(city.name)))
    ]
    if not hits and (name := zones.today(text)):
        other = City(name, language.zone_city(ZoneInfo(name)), "")
        hits = [next((city for city in cities if city.name == name), other)]
    return sorted(hits, key=_prominence)


def _by_first_words(text: str) -> list[City]:
    """Of New York, NY and London time those that are a whole name."""
    sought, cities = folded(text), _cities(language.tag())
    while len(sought := sought.rpartition(" ")[0]) > 2:  # not the codes of countries
        hits = [each for each in cities if sought in (*each.names, *dict(each.others).values())]
        if hits:
            return sorted(hits, key=_prominence)
    return []


def _by_name(city: City, text: str) -> City:
    return replace(city, label=f"{city.other(folded(text), text.casefold())} – {city.label}")


def _prominence(city: City) -> int:
    """For sorting: zones with many large cities first."""
    return -len(city.others)


@lru_cache(maxsize=8)
def _abbreviations(year: int) -> dict[str, set[str]]:
    """The zones by what they are called in winter or summer: PST, CEST, IST; and by habit."""
    winter, using = datetime(year, 1, 15, tzinfo=UTC), dict[str, set[str]]()
    for zone in _countries_of_zones():
        for moment in (winter, winter + _HALF_A_YEAR):
            name = str(moment.astimezone(ZoneInfo(zone)).tzname()).upper()
            using.setdefault(name, set()).add(zone)
    for abbreviation, there in _data()["abbreviations"].items():
        using.setdefault(abbreviation, set()).update(there)
    return using


def folded(text: str) -> str:
    """Without case, accents and punctuation: Sao Paulo finds São Paulo, Lodz finds Łódź."""
    plain = unicodedata.normalize("NFKD", text.casefold()).translate(_PLAIN)
    letters = "".join(c for c in plain if not unicodedata.combining(c) and c not in ".'’ʻ")
    # letters, vowel signs and digits
    spoken = (c if unicodedata.category(c)[0] in "LMN" else " " for c in letters)
    return " ".join("".join(spoken).split())


# --- what they are called ---------------------------------------------------------------------


@lru_cache(maxsize=32)
def _cities(tag: str) -> tuple[City, ...]:
    locale = Locale.parse(tag, sep="-")
    named = [_city(name, country, locale) for name, country in _countries_of_zones().items()]
    return (*sorted(named, key=lambda city: city.words), City("UTC", "UTC", "utc gmt"))


def _city(name: str, country: str, locale: Locale) -> City:
    own = language.zone_city(ZoneInfo(name))
    land = locale.territories.get(country, country)
    english = Locale("en").territories.get(country, country)
    before = [old.rpartition("/")[2] for old in language.names_of_zone(name)[1:]]
    short = _data()["countries"].get(country, country)
    there = _data()["local"].get(name, ())
    said = (own, land, name.partition("/")[2], english, short, country, *there, *before)
    names = tuple(dict.fromkeys(map(folded, said)))
    label = own if own == land else f"{own} ({land})"
    return City(name, label, " ".join(names), _others().get(name, ()), names)


@cache
def _others() -> dict[str, tuple[tuple[str, str], ...]]:
    return {
        zone: tuple((name, folded(name)) for names in cities for name in names)
        for zone, cities in _data()["cities"].items()
    }


@cache
def _data() -> Any:
    """Names that CLDR does not have, or only in languages that would have to be loaded."""
    return json.loads(Path(__file__).with_name("cities.json").read_text(encoding="utf-8"))


@cache
def _countries_of_zones() -> dict[str, str]:
    """The zones that people live in, each with its country: zone.tab of the tz database."""
    lines = (files("tzdata") / "zoneinfo" / "zone.tab").read_text().splitlines()
    rows = (line.split("\t") for line in lines if not line.startswith("#"))
    return {row[2]: row[0] for row in rows}
