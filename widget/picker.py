"""The picker's view model: free slots grouped by the guest's dates into a month and a day."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from widget import language
from widget.details import ZONES
from widget.instants import to_rfc3339
from widget.language import gettext as _

CELLS = 42  # six weeks, so that nothing jumps from month to month
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)

Days = dict[date, list[int]]


def by_date(starts: Sequence[int], tz: ZoneInfo) -> Days:
    """Free starts by their date in the guest's zone, both in order."""
    days: Days = {}
    for start in starts:
        days.setdefault(datetime.fromtimestamp(start, tz).date(), []).append(start)
    return days


def read_date(text: str) -> date:
    """YYYY-MM-DD. Raises ValueError with a guest's message."""
    try:
        if not _DATE.fullmatch(text):
            raise ValueError
        day = date.fromisoformat(text)
        if not 1970 <= day.year < 2200:
            raise ValueError
    except ValueError:
        raise ValueError(_("Give a date such as 2026-12-31.")) from None
    return day


def read_month(text: str) -> date:
    """YYYY-MM as its first day. Raises ValueError with a guest's message."""
    try:
        return read_date(f"{text}-01")
    except ValueError:
        raise ValueError(_("Give a month such as 2026-12.")) from None


def view(
    days: Days, tz: ZoneInfo, asked: date | None, month: date | None, today: date, last: date
) -> dict[str, Any]:
    """`month`, `day` and `next_free` for the picker.

    It opens with the asked date, else with the first free one (of the asked month).
    """
    free = sorted(days)
    if asked is None:
        asked = next((day for day in free if month is None or _month(day) == month), None)
    shown = _month(asked) if asked else month or _month(today)
    return {
        "month": _month_view(days, shown, asked, today, last),
        "day": _day_view(days, tz, asked),
        "next_free": _next_free(days, free, asked, shown),
    }


def _month_view(
    days: Days, month: date, chosen: date | None, today: date, last: date
) -> dict[str, Any]:
    first, end = _month(today), _month(last)
    opening = month - timedelta(days=language.week_order().index(month.weekday()))
    previous, following = min(_next_month(month, -1), end), max(_next_month(month, 1), first)
    return {
        "label": language.month_name(month),
        "previous": f"{previous:%Y-%m}" if month > first else None,
        "next": f"{following:%Y-%m}" if month < end else None,
        "weekdays": language.weekdays(),
        "days": [
            _cell(opening + timedelta(days=offset), days, month, chosen, today)
            for offset in range(CELLS)
        ],
    }


def _cell(day: date, days: Days, month: date, chosen: date | None, today: date) -> dict[str, Any]:
    return {
        "date": day.isoformat(),
        "number": str(day.day),
        "label": language.full_date(day),
        "free": day in days,
        "in_month": _month(day) == month,
        "today": day == today,
        "chosen": day == chosen,
    }


def _day_view(days: Days, tz: ZoneInfo, day: date | None) -> dict[str, Any] | None:
    if day is None:
        return None
    slots = [
        {"value": to_rfc3339(start), "label": language.clock(start, tz)}
        for start in days.get(day, ())
    ]
    return {"date": day.isoformat(), "label": language.full_date(day), "slots": slots}


def _next_free(
    days: Days, free: list[date], asked: date | None, shown: date
) -> dict[str, str] | None:
    if asked in days or not free:
        return None
    found = next((day for day in free if day >= (asked or shown)), free[0])
    return {"date": found.isoformat(), "label": language.full_date(found)}


def _month(day: date) -> date:
    return day.replace(day=1)


def _next_month(month: date, step: int) -> date:
    index = month.year * 12 + month.month - 1 + step
    return date(index // 12, index % 12 + 1, 1)


def zones(chosen: ZoneInfo, at: int) -> list[dict[str, Any]]:
    """All time zones to choose from, by region, each with its city and offset at `at`."""
    regions: dict[str, list[dict[str, Any]]] = {}
    for name in sorted(ZONES):
        region, slash, _city = name.partition("/")
        if name == "UTC" or (slash and region in _REGIONS) or name == chosen.key:
            label = f"{_place(name)} ({_offset(ZoneInfo(name), at)})"
            entry = {"name": name, "label": label, "chosen": name == chosen.key}
            regions.setdefault(region if slash else "UTC", []).append(entry)
    return [{"label": label, "zones": zones} for label, zones in regions.items()]


def _place(name: str) -> str:
    return name.partition("/")[2].replace("_", " ").replace("/", ", ") or name


def _offset(tz: ZoneInfo, at: int) -> str:
    minutes = round(
        (datetime.fromtimestamp(at, tz).utcoffset() or timedelta()).total_seconds() / 60
    )
    sign = "-" if minutes < 0 else "+"
    return f"UTC{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


_REGIONS = {
    "Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe",
    "Indian", "Pacific",
}  # fmt: skip
