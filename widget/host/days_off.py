"""Days off on the settings page: public holidays to choose from and to work on, and their names."""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale

from widget.core import clock, days_off
from widget.core.document import Settings
from widget.core.hours import day_off
from widget.host.fields import Document
from widget.text import language

SHOWN_DAYS = 365


def named(document: Settings, day: date) -> str:
    """Why a date is off for the host's own hours, with its name; "" if it is not, or only by an
    override of its own."""
    off = day_off(document, day)
    if off is None or off.code == "override":
        return ""
    if off.code == "away":
        return f"away: {off.detail}" if off.detail else "away"
    return "" if document.date_overrides.get(day.isoformat()) else off.detail


def view(document: Settings, chosen: Document | None) -> Document:
    """Countries, the regions of the chosen one, and the holidays of the year to come as they are
    stored, each with where its hours are given and whether it is worked on."""
    country = (chosen or {}).get("country", "")
    return {
        "countries": countries(),
        "regions": days_off.subdivisions(country) if country in days_off.countries() else {},
        "holidays": list(_coming(document)),
    }


@lru_cache(maxsize=1)
def countries() -> list[tuple[str, str]]:
    """Code and English name of all that are known, by name."""
    territories = Locale("en").territories
    found = [(code, territories.get(code, code)) for code in days_off.countries()]
    return sorted(found, key=lambda each: each[1])


def _coming(document: Settings) -> Iterator[Document]:
    chosen, today = document.holidays, language.today(clock.now(), ZoneInfo(document.time_zone))
    for day in (today + timedelta(days=each) for each in range(SHOWN_DAYS if chosen else 0)):
        name = chosen and days_off.holiday(chosen.country, chosen.subdivision, day)
        if name:
            worked, label = bool(document.date_overrides.get(str(day))), language.short_date(day)
            yield {"date": day, "label": label, "name": name, "worked": worked}
