"""Time zones as people look for them: by a city or a country, in the guest's own language."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale

from widget import language

MOST_FOUND = 8


@dataclass(frozen=True)
class City:
    """A zone of the time zone database, its city and country in one language, and `words`: all
    by which it can be found, folded."""

    name: str
    label: str
    words: str


def every(chosen: ZoneInfo, at: int) -> list[dict[str, Any]]:
    """All zones by city, each with its offset at the instant `at`."""
    cities = list(_cities(language.tag()))
    if chosen.key not in {city.name for city in cities}:
        cities.insert(0, City(chosen.key, language.zone_city(chosen), ""))
    return [{**_shown(city, at), "chosen": city.name == chosen.key} for city in cities]


def by_region(chosen: ZoneInfo, at: int) -> list[dict[str, Any]]:
    """The same in groups, by the first part of a zone's name."""
    regions: dict[str, list[dict[str, Any]]] = {}
    for each in every(chosen, at):
        entry = {**each, "label": f"{each['label']}, {each['offset']}"}
        regions.setdefault(each["name"].partition("/")[0], []).append(entry)
    return [{"label": label, "zones": regions[label]} for label in sorted(regions)]


def found(text: str, at: int) -> list[dict[str, Any]]:
    """The zones whose city or country begins with this text, then those with it anywhere.

    Not more than a person looks through: MOST_FOUND.
    """
    sought = folded(text)
    if not sought:
        return []
    hits = [city for city in _cities(language.tag()) if sought in city.words]
    hits.sort(key=lambda city: (not city.words.startswith(sought), f" {sought}" not in city.words))
    return [{**_shown(city, at), "time": _time(city, at)} for city in hits[:MOST_FOUND]]


def folded(text: str) -> str:
    """Without case, accents and punctuation: Sao Paulo finds São Paulo."""
    plain = unicodedata.normalize("NFKD", text.replace("_", " ").replace("/", " ").casefold())
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).split())


def _shown(city: City, at: int) -> dict[str, Any]:
    offset = language.zone_offset(ZoneInfo(city.name), at)
    return {"name": city.name, "label": city.label, "offset": offset}


def _time(city: City, at: int) -> str:
    return language.clock(at, ZoneInfo(city.name))


@lru_cache(maxsize=32)
def _cities(tag: str) -> tuple[City, ...]:
    locale = Locale.parse(tag, sep="-")
    cities = [_city(name, country, locale) for name, country in _table()]
    return (*sorted(cities, key=lambda city: city.words), City("UTC", "UTC", "utc gmt"))


def _city(name: str, country: str, locale: Locale) -> City:
    own = language.zone_city(ZoneInfo(name))
    land = locale.territories.get(country, country)
    english = Locale("en").territories.get(country, country)
    words = dict.fromkeys(map(folded, (own, land, name.partition("/")[2], english, country)))
    return City(name, own if own == land else f"{own} ({land})", " ".join(words))


@cache
def _table() -> tuple[tuple[str, str], ...]:
    """The zones that people live in, each with its country: zone.tab of the tz database."""
    lines = (files("tzdata") / "zoneinfo" / "zone.tab").read_text().splitlines()
    rows = (line.split("\t") for line in lines if not line.startswith("#"))
    return tuple((row[2], row[0]) for row in rows)
