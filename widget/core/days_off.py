"""Public holidays, by the holidays library. Pure.

The library is large (14 MB of files), so it is imported when a host first has to do with it.
"""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any


@lru_cache(maxsize=1)
def countries() -> frozenset[str]:
    """The countries whose holidays are known, by their ISO 3166-1 codes."""
    from holidays.registry import COUNTRIES

    return frozenset(str(names[1]) for names in COUNTRIES.values())


@lru_cache(maxsize=64)
def subdivisions(country: str) -> Mapping[str, str]:
    """A country's regions that have holidays of their own: code to name, by name."""
    found = _holidays(country)
    names = {code: name for name, code in found.subdivisions_aliases.items()}
    named = {code: names.get(code, code) for code in found.subdivisions}
    return dict(sorted(named.items(), key=lambda each: each[1]))


def holiday(country: str, subdivision: str | None, day: date, language: str = "en") -> str:
    """The name of the public holiday that a date is there, "" if it is none: in the language of
    the tag if the library speaks it, else in the country's own."""
    return _year(country, subdivision, day.year, language).get(day, "")


def known(chosen: Any) -> Any:
    """What is stored of holidays, without a region or country that the library has dropped."""
    if not chosen or chosen["country"] not in countries():
        return None
    there = chosen.get("subdivision") in (None, *subdivisions(chosen["country"]))
    return chosen if there else {**chosen, "subdivision": None}


@lru_cache(maxsize=512)
def _year(country: str, region: str | None, year: int, language: str) -> Mapping[date, str]:
    spoken = _spoken(_holidays(country), language)
    return dict(_holidays(country, subdiv=region, years=year, language=spoken))


def _spoken(known: Any, language: str) -> str | None:
    """The library's own tag for a language: pt is pt_PT, or pt_BR."""
    wanted = {"zh": "zh_CN", "zh-hant": "zh_TW"}.get(language.lower(), language.replace("-", "_"))
    alike = [each for each in known.supported_languages if each.split("_")[0] == wanted[:2]]
    return wanted if wanted in alike else next(iter(alike), known.default_language)


def _holidays(country: str, **chosen: Any) -> Any:
    import holidays

    return holidays.country_holidays(country, **chosen)
