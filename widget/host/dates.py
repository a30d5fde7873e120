"""The section of single dates with other hours: a month to choose from, and what was chosen."""

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import request

from widget.core import clock, fields
from widget.core.document import WEEKDAYS, Settings
from widget.guest import days as guest_days
from widget.guest import params
from widget.host import days_off, week
from widget.host.fields import Document, Faulty, Form
from widget.text import language

LONGEST_SPAN_DAYS = 366


def read(form: Form, before: dict[str, Any]) -> dict[str, Any]:
    """The overrides with those from `from` to `to` as the form has it: hours of their own, none,
    or those of the week again. Raises Faulty."""
    first, last = _span(form.get("from", "").strip(), form.get("to", "").strip())
    kind, rows = form.get("kind", ""), week.ranges(form, "dates")
    if kind not in ("closed", "hours", "weekly"):
        raise Faulty({"kind": "Choose what holds on these dates."})
    if kind == "hours" and not rows:
        raise Faulty({"hours": "Give the hours of these dates."})
    days = [str(first + timedelta(days=each)) for each in range((last - first).days + 1)]
    if kind == "weekly":
        return {day: rows for day, rows in before.items() if day not in days}
    return {**before, **dict.fromkeys(days, rows if kind == "hours" else [])}


def _span(first: str, last: str) -> tuple[date, date]:
    """The first and the last date (none: the first one alone). Raises Faulty."""
    typed = {"from": _date(first), "to": _date(last or first)}
    found = [day for day in typed.values() if day]
    if len(found) < 2:
        said = "Give a date such as 2026-12-24."
        raise Faulty({name: said for name, day in typed.items() if day is None})
    if found[1] < found[0]:
        raise Faulty({"to": "This is before the first date."})
    if (found[1] - found[0]).days >= LONGEST_SPAN_DAYS:
        raise Faulty({"to": "Choose at most a year at once."})
    return found[0], found[1]


def view(document: Settings, sent: Form | None) -> Document:
    """A month of dates with what holds on each, the form for the chosen ones, and a list.

    What is chosen and typed is that of the form that was `sent`, else of the address: turning the
    month keeps it.
    """
    today = language.today(clock.now(), ZoneInfo(document.time_zone))
    given = request.args if sent is None else sent
    from_, to = params.last(given, "from"), params.last(given, "to")
    first, last = _date(from_), _date(to)
    asked = _date(f"{request.args.get('month', '')}-01")
    month = (asked or first or today).replace(day=1)
    own = document.date_overrides.get(first.isoformat()) if first else None
    typed = "kind" in given or sent is not None  # in the order that faults are told by
    pairs = week.ranges(given, "dates") if typed else own or ()
    rows = [(start, week.midnight(end)) for start, end in pairs]
    if "kind" in given and "do" in given:  # rows that are still empty stay
        starts, ends = given.getlist("dates-start"), given.getlist("dates-end")
        rows = list(zip(starts, ends, strict=False))
    usual = "closed" if own is None or own == [] else "hours"
    return {
        "shown": month,
        "month": language.month_name(month),
        "previous": month - timedelta(days=1),
        "next": month + timedelta(days=31),
        "weekdays": language.weekdays(),
        "weeks": [
            [_cell(document, day, month, today, first, last) for day in each]
            for each in guest_days.weeks(month)
        ],
        "from": from_,
        "to": to,
        "kind": given.get("kind", "" if sent is not None else usual),
        "typed": sent is None and "kind" in given,
        "rows": [*rows, ("", "")],
        "coming": [_listed(*each) for each in _spans(document) if each[1] >= today],
        "past": [_listed(*each) for each in _spans(document) if each[1] < today],
    }


def _date(text: str) -> date | None:
    return date.fromisoformat(text) if fields.is_date(text) else None


def _cell(
    document: Settings, day: date, month: date, today: date, first: date | None, last: date | None
) -> Document:
    own, off = document.date_overrides.get(str(day)), days_off.named(document, day)
    ranges = document.weekly_hours[WEEKDAYS[day.weekday()]] if own is None else own
    ranges = [] if off else ranges
    return {
        "date": day,
        "from": first if first and last in (None, first) and day > first else day,
        "label": f"{language.full_date(day)}: {off or _hours(ranges)}",
        "own": own is not None,
        "off": off,
        "open": bool(ranges),
        "in_month": day.month == month.month,
        "today": day == today,
        "chosen": first is not None and first <= day <= (last or first),
    }


def _spans(document: Settings) -> list[tuple[date, date, week.Rows]]:
    """Dates with hours of their own; neighbours that are alike together."""
    found: list[tuple[date, date, week.Rows]] = []
    for text, ranges in sorted(document.date_overrides.items()):
        first = last = date.fromisoformat(text)
        if found and found[-1][1:] == (last - timedelta(days=1), ranges):
            first = found.pop()[0]
        found.append((first, last, ranges))
    return found


def _listed(first: date, last: date, ranges: week.Rows) -> Document:
    label = " – ".join(map(language.short_date, sorted({first, last})))
    return {"label": label, "hours": _hours(ranges), "from": first, "to": last}


def _hours(ranges: week.Rows) -> str:
    """09:00–12:30, 13:30–17:00; or that it is closed."""
    return ", ".join("–".join(pair) for pair in ranges) or "closed"
