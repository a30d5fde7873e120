"""A week's hours as people type and see them: a range may end on the next day. Pure.

The settings document keeps such a range as two: until 24:00, and from 00:00 on the next day.
"""

import re
from datetime import date, timedelta
from typing import Any, NamedTuple

from werkzeug.datastructures import MultiDict

from widget.core import fields
from widget.core.clock import time_of_day
from widget.core.document import WEEKDAYS
from widget.text import language

Rows = list[list[str]]  # start and end as HH:MM, or what was typed instead
Week = dict[str, Rows]
DAYS: tuple[str, ...] = WEEKDAYS
_TIME = re.compile(r"\d\d:\d\d", re.ASCII)


class Row(NamedTuple):
    """A range as it is shown; `at` is its number among the day's in the document."""

    start: str
    end: str
    at: int


def split(typed: Week) -> Week:
    """The document's ranges: one that ends before it starts ends on the next day."""
    kept: Week = {day: [] for day in DAYS}
    for day in DAYS:
        for start, end in typed[day]:
            over = _over_midnight(start, end)
            kept[day].append([start, "24:00" if over else end])
            if over:
                kept[_after(day)].insert(0, ["00:00", end])
    return {day: _in_order(rows) for day, rows in kept.items()}


def split_dates(document: dict[str, Any]) -> dict[str, Rows]:
    """The date overrides, where a range that ends before it starts ends on the next date: what
    holds there, by an override or in the week, stays besides."""
    kept: dict[str, Rows] = {}
    for text, typed in sorted(document["date_overrides"].items()):
        nights = [each for each in typed if _over_midnight(*each)]
        rows = [[each[0], "24:00"] if each in nights else each for each in typed]
        early = [row for row in kept.get(text, []) if row[0] == "00:00" and row not in rows]
        kept[text] = [*early, *rows]
        if nights:
            following = date.fromisoformat(text) + timedelta(days=1)
            usual = document["weekly_hours"][DAYS[following.weekday()]]
            own = document["date_overrides"].get(following.isoformat(), usual)
            kept[following.isoformat()] = [["00:00", nights[-1][1]], *own]
    return kept


def joined(week: Week) -> dict[str, list[Row]]:
    """The ranges as they are shown, those that touch at midnight as one."""
    shown = {day: [Row(pair[0], pair[1], at) for at, pair in enumerate(week[day])] for day in DAYS}
    for day in DAYS:
        here, following = shown[day], shown[_after(day)]
        touch = here and following and (here[-1].end, following[0].start) == ("24:00", "00:00")
        if touch and _over_midnight(here[-1].start, following[0].end):
            here[-1] = here[-1]._replace(end=following.pop(0).end)
    return shown


def shown(week: Week) -> list[dict[str, Any]]:
    """The weekdays' rows as their fields show them, and their bars in the week at a glance."""
    rows = joined(week)
    return [
        {
            "key": day,
            "label": language.weekday_name(number),
            "ranges": [row._replace(end=midnight(row.end)) for row in rows[day]],
            "bars": [bar for pair in week[day] if (bar := _bar(pair))],
            "words": ", ".join(f"{row.start}–{row.end}" for row in rows[day]) or "closed",
        }
        for number, day in enumerate(DAYS)
    ]


def midnight(end: str) -> str:
    """As a field for a time has it."""
    return "00:00" if end == "24:00" else end


def _bar(pair: list[str]) -> tuple[int, int] | None:
    try:
        start, end = fields.minutes(pair[0]), fields.minutes(pair[1])
    except ValueError:
        return None
    return (start, end - start) if start < end else None


def _over_midnight(start: str, end: str) -> bool:
    times = _TIME.fullmatch(start) and _TIME.fullmatch(end)
    return bool(times) and "00:00" < end < start


def _after(day: str) -> str:
    return DAYS[(DAYS.index(day) + 1) % 7]


def _in_order(rows: Rows) -> Rows:
    """Sorted, unless some are no times: those stay where they were typed."""
    return sorted(rows) if all(_TIME.fullmatch(time) for row in rows for time in row) else rows


def read(form: MultiDict[str, str], prefix: str = "") -> Week:
    """The week of a form whose fields' names begin so."""
    return split({day: ranges(form, prefix + day) for day in DAYS})


def ranges(form: MultiDict[str, str], name: str) -> Rows:
    """The rows of one day in order, without the empty ones."""
    starts, ends = form.getlist(f"{name}-start"), form.getlist(f"{name}-end")
    rows = [
        # a time field has no 24:00: midnight at the end is written as 00:00
        [start.strip(), "24:00" if end.strip() == "00:00" else end.strip()]
        for start, end in zip(starts, ends, strict=False)
        if start.strip() or end.strip()
    ]
    return _in_order(rows)


# --- rows that come and go before anything is saved ----------------------------------------------


def edit(week: Week, act: str, form: MultiDict[str, str]) -> Week:
    """The week after what a button asks for: `add-mon`, `remove-mon-1` (by the number that is
    shown), `weekdays-mon` (its hours on all of them), `copy`."""
    shown = joined(week)
    rows: Week = {day: [[row.start, row.end] for row in shown[day]] for day in DAYS}
    what, _dash, rest = act.partition("-")
    day, _dash, number = rest.partition("-")
    if what == "weekdays" and day in rows:
        rows.update(dict.fromkeys(DAYS[:5], rows[day]))
    elif what == "copy" and form.get("copy-from") in DAYS:
        chosen = (other for other in form.getlist("copy-to") if other in DAYS)
        rows.update(dict.fromkeys(chosen, rows[form["copy-from"]]))
    elif what == "add" and day in rows:
        rows[day].append(_following(rows[day]))
    elif what == "remove" and day in rows:
        rows[day] = [[row.start, row.end] for row in shown[day] if str(row.at) != number]
    return split(rows)


def _following(rows: Rows) -> list[str]:
    """09:00 to 17:00 on an empty day, else two hours after the last range, if there is room."""
    if not rows:
        return ["09:00", "17:00"]
    try:
        start, end = map(fields.minutes, rows[-1])
    except ValueError:
        return ["", ""]
    if end < start or end + 60 >= fields.DAY_MINUTES:
        return ["", ""]
    return [time_of_day(end + 60), time_of_day(min(end + 180, fields.DAY_MINUTES))]
