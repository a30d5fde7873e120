"""The picker's view model: free slots grouped by the guest's dates into a month, a day, a list."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from widget.core.clock import to_rfc3339
from widget.text import language
from widget.text.language import gettext as _
from widget.text.language import ngettext

WEEKS = 5  # at least, so that little jumps from month to month
LIST_DAYS = 5  # days with free times that a list shows at once
LEAD = 240  # characters of a description that are shown before it is opened
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)

Days = dict[date, list[int]]
Off = Callable[[date], str]  # what a guest is told of a date that is off, "" of any other


class Slot(NamedTuple):
    """A free time; `own`: the guest has it."""

    value: str
    label: str
    own: bool = False


class Day(NamedTuple):
    """A date and its free times."""

    date: str
    label: str
    slots: tuple[Slot, ...]


class Month(NamedTuple):
    """All that a month is drawn from, beside the language: `free` and `off` are of the dates in
    sight, `before` and `after` the nearest free ones around those; `own` is the guest's booking's.
    """

    month: date
    today: date
    chosen: date | None
    own: date | None
    free: tuple[date, ...]
    off: tuple[tuple[date, str], ...]
    before: date | None
    after: date | None

    @property
    def sight(self) -> tuple[date, date]:
        return _sight(self.month, self.today)

    @property
    def skipped(self) -> str:
        """Says which months are left out because nothing is free in them."""
        said = []
        if self.before and _month(self.before) < _next_month(_month(self.sight[0]), -1):
            said.append(_("The month before with free times is %(month)s.") % _named(self.before))
        if self.after and _month(self.after) > _next_month(_month(self.sight[1]), 1):
            said.append(_("The next month with free times is %(month)s.") % _named(self.after))
        return " ".join(said)

    @property
    def weeks(self) -> tuple[tuple[date, ...], ...]:
        return weeks(self.month, self.today)

    def label_of(self, day: date) -> str:
        label = language.full_date(day)
        own = _("%(date)s, the day of your booking") % {"date": label}
        return own if day == self.own else label


def read_date(text: str) -> date:
    """YYYY-MM-DD. Raises ValueError with a guest's message."""
    with suppress(ValueError):
        day = date.fromisoformat(text)
        if _DATE.fullmatch(text) and 1970 <= day.year < 2200:
            return day
    raise ValueError(_("Give a date such as 2026-12-31."))


def read_month(text: str) -> date:
    """YYYY-MM as its first day. Raises ValueError with a guest's message."""
    try:
        return read_date(f"{text}-01")
    except ValueError:
        raise ValueError(_("Give a month such as 2026-12.")) from None


def view(
    days: Days,
    tz: ZoneInfo,
    asked: date | None,
    month: date | None,
    today: date,
    own: int | None,
    off: Off,
    grid: date | None,
) -> dict[str, Any]:
    """A month, and in `shown` the day that is chosen in it. `own`: the start that the guest has;
    `grid`: the month that was in sight before, and stays while the day is in it.

    It opens with the asked date, else with the first free one (of the asked month).
    """
    free = list(days)
    if asked is None:
        asked = next((day for day in free if month is None or _month(day) == month), None)
        grid = month
    by_itself = _seen(asked, None, today)
    seen = _seen(asked, grid, today) if asked else month or by_itself
    following = _next_free(free, asked, seen)
    empty = "" if asked in days else (asked and off(asked)) or _empty(asked, seen, following)
    own_day = None if own is None else language.today(own, tz)
    return {
        "month": _month_view(free, seen, asked, today, own_day, off),
        "grid": f"{seen:%Y-%m}" if asked and seen != by_itself else None,
        "shown": [_day_view(days, tz, asked, own)] if asked else [],
        "empty": empty,
        "next_free": following,
        "said": _said(days, asked) or empty,
    }


def _seen(asked: date | None, grid: date | None, today: date) -> date:
    """The month that a date is shown in: the one before, this one's weeks to come, its own."""
    if asked is None:
        return _month(today)
    for each in (grid, _month(today)):
        if each and (sight := _sight(each, today))[0] <= asked <= sight[1]:
            return each
    return _month(asked)


def list_view(
    days: Days, tz: ZoneInfo, asked: date | None, month: date | None, own: int | None
) -> dict[str, Any]:
    """The days with free times, from the asked date or month on, in `shown`; `turn` leads to
    others."""
    free = list(days)
    start = asked or month
    at = bisect_left(free, start) if start else 0
    at = max(min(at, len(free) - 1), 0)
    shown, before = free[at : at + LIST_DAYS], free[max(at - LIST_DAYS, 0) : at]
    after = free[at + LIST_DAYS : at + LIST_DAYS + 1]
    empty = "" if free else _empty(None, date.min, None)
    if free and month and not asked and month not in map(_month, free):
        empty = _empty(None, month, _next_free(free, None, month))
    return {
        "shown": [_day_view(days, tz, day, own) for day in shown],
        "turn": {"previous": before and before[0], "next": after and after[0]},
        "empty": empty,
        "said": f"{empty} {_list_said(shown)}".strip(),
    }


def offered(start: int, tz: ZoneInfo) -> Slot:
    """A time by itself, with its date."""
    return Slot(to_rfc3339(start), language.short_moment(start, tz))


def lead(description: str) -> str | None:
    """The beginning of a long description, cut between words; None for one that is short."""
    text = "\n".join(description.splitlines()[:5])
    if len(text) <= LEAD and text == "\n".join(description.splitlines()):
        return None
    return f"{text[:LEAD].rpartition(' ')[0] if len(text) > LEAD else text}…"


# --- the month ----------------------------------------------------------------------------------


def _month_view(
    free: list[date], month: date, chosen: date | None, today: date, own: date | None, off: Off
) -> Month:
    first, last = _sight(month, today)
    since, until = bisect_left(free, first), bisect_right(free, last)
    in_sight = free[since:until]
    others = {day for week in weeks(month, today) for day in week if first <= day <= last}
    told = ((day, off(day)) for day in sorted(others.difference(in_sight)) if day >= today)
    said = tuple(each for each in told if each[1])
    before = free[since - 1] if since else None
    after = free[until] if until < len(free) else None
    return Month(month, today, chosen, own, tuple(in_sight), said, before, after)


@language.by_language
def weeks(month: date, today: date | None = None) -> tuple[tuple[date, ...], ...]:
    """The dates that a month (its first date) is shown with, in whole weeks that begin with the
    day that this language's weeks begin with. As many of this month's weeks as are over are left
    out, and so many of the next month's follow."""
    opening, last = _week_of(month), _next_month(month, 1) - timedelta(days=1)
    number = max((_week_of(last) - opening).days // 7 + 1, WEEKS)
    if today and month == _month(today):
        opening = _week_of(today)
    until = _until(month, opening)
    starts = [opening + timedelta(weeks=week) for week in range(number)]
    return tuple(
        tuple(start + timedelta(days=day) for day in range(7))
        for start in starts
        if start <= until or opening <= month
    )


@language.by_language
def _sight(month: date, today: date) -> tuple[date, date]:
    """The first and the last date that is shown in those weeks: the month's own, and where weeks
    of it are over those of the next month."""
    rows = weeks(month, today)
    return max(rows[0][0], month), min(rows[-1][-1], _until(month, rows[0][0]))


def _until(month: date, opening: date) -> date:
    """The last date that can be in sight with a month whose first weeks may be left out."""
    return _next_month(month, 2 if opening > month else 1) - timedelta(days=1)


def _week_of(day: date) -> date:
    """The first day of its week, in this language."""
    return day - timedelta(days=language.week_order().index(day.weekday()))


def _named(month: date) -> dict[str, str]:
    return {"month": language.month_name(month)}


# --- a day --------------------------------------------------------------------------------------


def _day_view(days: Days, tz: ZoneInfo, day: date, own: int | None) -> Day:
    slots = (
        Slot(to_rfc3339(start), language.clock(start, tz), start == own)
        for start in days.get(day, ())
    )
    return Day(day.isoformat(), language.long_day(day), tuple(slots))


def _said(days: Days, day: date | None) -> str:
    """What a screen reader is told when this day comes into sight."""
    if day is None:
        return ""
    number, label = len(days.get(day, ())), language.full_date(day)
    if not number:
        return _("No free times on %(date)s") % {"date": label}
    said = ngettext("%(num)s free time on %(date)s", "%(num)s free times on %(date)s", number)
    return said % {"num": language.digits(number), "date": label}


def _list_said(shown: list[date]) -> str:
    if not shown:
        return ""
    first, last = language.full_date(shown[0]), language.full_date(shown[-1])
    return _("Free times from %(first)s to %(last)s") % {"first": first, "last": last}


def _empty(asked: date | None, month: date, following: date | None) -> str:
    """Why no time is in sight."""
    if following is None:
        return _("There are no free times at the moment. Please come back later.")
    if asked:
        return _("There are no free times on this day.")
    if following > month:
        return _("Nothing is free before %(date)s.") % {"date": language.full_date(following)}
    return _("There are no free times in this month.")


def _next_free(free: list[date], asked: date | None, month: date) -> date | None:
    """Where to go from a day, or a month, without free times."""
    if asked in free or not free:
        return None
    return next((day for day in free if day >= (asked or month)), free[0])


def _month(day: date) -> date:
    return day.replace(day=1)


def _next_month(month: date, step: int) -> date:
    index = month.year * 12 + month.month - 1 + step
    return date(index // 12, index % 12 + 1, 1)
