"""Time zones as people look for them: by a city or a country, in the guest's own language."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.core import get_global

from widget.text import cities, language

MOST_FOUND = 40  # more than the zones of any country
#: Letters that are none with an accent to Unicode, and that people type without it all the same.
_PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe", "ð": "d"})


@dataclass(frozen=True)
class City:
    """A zone of the time zone database, its city and country in one language, and `words`: all
    by which it can be found, folded. `others`: further cities in it, each by its names, as they
    are written and folded."""

    name: str
    label: str
    words: str
    others: tuple[tuple[str, str], ...] = ()

    def rank(self, sought: str) -> int | None:
        """How well the text fits, the best first; None: not at all."""
        if self.words.startswith(sought):
            return 0
        if f" {sought}" in self.words:
            return 1
        if self.other(sought, ""):
            return 2
        return 3 if sought in self.words else None

    def other(self, sought: str, typed: str) -> str:
        """A further city in this zone whose name begins so, rather as it was typed."""
        names = [name for name, word in self.others if word.startswith(sought)]
        return next((name for name in names if name.casefold().startswith(typed)), [*names, ""][0])


def every(chosen: ZoneInfo, at: int) -> list[dict[str, Any]]:
    """All zones by city, each with its offset at the instant `at`."""
    known = list(_cities(language.tag()))
    if chosen.key not in {city.name for city in known}:
        known.insert(0, City(chosen.key, language.zone_city(chosen), ""))
    return [{**_shown(city, at), "chosen": city.name == chosen.key} for city in known]


def by_region(chosen: ZoneInfo, at: int) -> list[dict[str, Any]]:
    """The same in groups, by the first part of a zone's name."""
    regions: dict[str, list[dict[str, Any]]] = {}
    for each in every(chosen, at):
        entry = {**each, "label": f"{each['label']}, {each['offset']}"}
        regions.setdefault(each["name"].partition("/")[0], []).append(entry)
    return [{"label": label, "zones": regions[label]} for label in sorted(regions)]


def found(text: str, at: int) -> tuple[int, list[dict[str, Any]]]:
    """How many zones have a city or country with this text, and the MOST_FOUND that fit best:
    first those that begin with it."""
    sought = folded(text)
    if not sought:
        return 0, []
    ranked = [(city.rank(sought), city) for city in _cities(language.tag())]
    hits = [(rank, city) for rank, city in ranked if rank is not None]
    hits.sort(key=lambda hit: hit[0])
    return len(hits), [_hit(city, text, rank, at) for rank, city in hits[:MOST_FOUND]]


def _hit(city: City, text: str, rank: int, at: int) -> dict[str, Any]:
    shown = {**_shown(city, at), "time": _time(city, at)}
    if rank == 2:
        shown["label"] = f"{city.other(folded(text), text.casefold())} – {city.label}"
    return shown


def folded(text: str) -> str:
    """Without case, accents and punctuation: Sao Paulo finds São Paulo, Lodz finds Łódź."""
    plain = unicodedata.normalize("NFKD", text.casefold()).translate(_PLAIN)
    letters = "".join(c for c in plain if not unicodedata.combining(c) and c not in "'’ʻ")
    return " ".join("".join(c if _spoken(c) else " " for c in letters).split())


def _spoken(character: str) -> bool:
    """A letter, a vowel sign or a digit."""
    return unicodedata.category(character)[0] in "LMN"


def _shown(city: City, at: int) -> dict[str, Any]:
    offset = language.zone_offset(ZoneInfo(city.name), at)
    return {"name": city.name, "label": city.label, "offset": offset}


def _time(city: City, at: int) -> str:
    return language.clock(at, ZoneInfo(city.name))


@lru_cache(maxsize=32)
def _cities(tag: str) -> tuple[City, ...]:
    locale = Locale.parse(tag, sep="-")
    named = [_city(name, country, locale) for name, country in _table()]
    return (*sorted(named, key=lambda city: city.words), City("UTC", "UTC", "utc gmt"))


def _city(name: str, country: str, locale: Locale) -> City:
    own = language.zone_city(ZoneInfo(name))
    land = locale.territories.get(country, country)
    english = Locale("en").territories.get(country, country)
    short = cities.COUNTRIES.get(country, country)
    said = (own, land, name.partition("/")[2], english, short, country, *_there(name, country))
    words = dict.fromkeys(map(folded, said))
    label = own if own == land else f"{own} ({land})"
    return City(name, label, " ".join(words), _others().get(name, ()))


@cache
def _there(name: str, country: str) -> tuple[str, ...]:
    """How the people there write their city and country, if guests are spoken to in their
    language: 東京, 日本."""
    tongue = get_global("likely_subtags").get(f"und_{country}", "").partition("_")[0]
    if tongue not in language.languages():
        return ()
    land = Locale(tongue).territories.get(country, "")
    return language.city_in(tongue, ZoneInfo(name)), land


@cache
def _others() -> dict[str, tuple[tuple[str, str], ...]]:
    return {
        zone: tuple((name, folded(name)) for names in named for name in names)
        for zone, named in cities.names().items()
    }


@cache
def _table() -> tuple[tuple[str, str], ...]:
    """The zones that people live in, each with its country: zone.tab of the tz database."""
    lines = (files("tzdata") / "zoneinfo" / "zone.tab").read_text().splitlines()
    rows = (line.split("\t") for line in lines if not line.startswith("#"))
    return tuple((row[2], row[0]) for row in rows)
