"""What is free, and why a time is not. Pure: the clock is handed in, the standard library only.

The rule is "What makes a slot" of the outside interface. An instant is a whole number of seconds
since 1970-01-01T00:00:00Z. Intervals are half-open: the start belongs to them, the end does not.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

DAY = 86400
EPOCH_DAY = date(1970, 1, 1).toordinal()
FIRST, LAST = 0, 7_258_118_400  # 1970 to 2200: outside nothing is offered
FOREVER = 1 << 62

Range = tuple[int, int]  # minutes of the wall-clock day, 0 to 1440
Ranges = tuple[Range, ...]


@dataclass(frozen=True)
class Rules:
    """One event type's rules; `weekly_hours` begin with Monday. All minutes, dates in `tz`."""

    tz: ZoneInfo
    weekly_hours: tuple[Ranges, ...]
    date_overrides: Mapping[date, Ranges]
    duration_minutes: int
    slot_interval_minutes: int
    buffer_before_minutes: int = 0
    buffer_after_minutes: int = 0
    minimum_notice_minutes: int = 0
    booking_window_days: int = 60
    max_per_day: int | None = None
    max_per_week: int | None = None

    def hours(self, day: date) -> Ranges:
        """The open ranges of a date: its override's, else its weekday's."""
        return self.date_overrides.get(day, self.weekly_hours[day.weekday()])


class Busy(NamedTuple):
    """Something in a calendar, from start to end."""

    start: int
    end: int
    calendar: str = ""


class Booked(NamedTuple):
    """An active booking of the host; it `counts` if it is of the event type in question."""

    start: int
    end: int
    buffer_before_minutes: int = 0
    buffer_after_minutes: int = 0
    counts: bool = False
    id: str = ""


class Reason(NamedTuple):
    """Why a slot cannot start at a time: past, notice, window, closed, override, hours, grid,
    busy, booking, day_limit or week_limit."""

    code: str
    detail: str = ""


class _Obstacle(NamedTuple):
    """No slot may start strictly between `low` and `high`."""

    low: int
    high: int
    reason: Reason


def free(
    rules: Rules, busy: Sequence[Busy], booked: Sequence[Booked], now: int, start: int, end: int
) -> list[int]:
    """The starts of all free slots with start <= slot < end, in order."""
    start, end = max(start, now, FIRST), min(end, LAST)
    if start >= end:
        return []
    limits = _Limits(rules, booked, now)
    first = local_date(rules.tz, start)
    last = min(local_date(rules.tz, end - 1), limits.last_date)
    starts = sorted(
        at
        for offset in range((last - first).days + 1)
        if not limits.reasons(day := first + timedelta(days=offset))
        for at in _starts(rules, day)
        if start <= at < end
    )
    return _clear(starts, _obstacles(rules, busy, booked, now))


def reasons(
    rules: Rules, busy: Sequence[Busy], booked: Sequence[Booked], now: int, start: int
) -> list[Reason]:
    """Why no slot starts at `start`: every reason there is, and none exactly when one is free."""
    if not FIRST <= start < LAST:
        return [Reason("past" if start < now else "window")]
    day = local_date(rules.tz, start)
    found = [
        obstacle.reason
        for obstacle in _obstacles(rules, busy, booked, now)
        if obstacle.low < start < obstacle.high
    ]
    found += _Limits(rules, booked, now).reasons(day)
    found += _hours_reasons(rules, day, start)
    return list(dict.fromkeys(found))


def local_date(tz: ZoneInfo, at: int) -> date:
    """The date on the wall calendar of `tz`."""
    return datetime.fromtimestamp(at, tz).date()


# --- what stands in the way ---------------------------------------------------------------------


def _obstacles(
    rules: Rules, busy: Sequence[Busy], booked: Sequence[Booked], now: int
) -> list[_Obstacle]:
    before, after = rules.buffer_before_minutes * 60, rules.buffer_after_minutes * 60
    duration = rules.duration_minutes * 60
    found = [
        _Obstacle(-FOREVER, now, Reason("past")),
        _Obstacle(now - 1, now + rules.minimum_notice_minutes * 60, Reason("notice")),
    ]
    found += [
        _Obstacle(each.start - duration - after, each.end + before, Reason("busy", each.calendar))
        for each in busy
        if each.start < each.end
    ]
    found += [
        _Obstacle(
            each.start - duration - max(after, each.buffer_before_minutes * 60),
            each.end + max(before, each.buffer_after_minutes * 60),
            Reason("booking", each.id),
        )
        for each in booked
    ]
    return found


def _clear(starts: list[int], obstacles: list[_Obstacle]) -> list[int]:
    """Those starts (in order) that no obstacle forbids: one sweep over both."""
    found, reached, index = [], -FOREVER, 0
    spans = sorted((obstacle.low, obstacle.high) for obstacle in obstacles)
    for at in starts:
        while index < len(spans) and spans[index][0] < at:
            reached = max(reached, spans[index][1])
            index += 1
        if at >= reached:
            found.append(at)
    return found


class _Limits:
    """The rules that a whole date keeps or breaks: booking window, bookings a day and a week."""

    def __init__(self, rules: Rules, booked: Sequence[Booked], now: int) -> None:
        self.rules = rules
        self.last_date = local_date(rules.tz, now) + timedelta(days=rules.booking_window_days)
        dates = [local_date(rules.tz, each.start) for each in booked if each.counts]
        self.days = Counter(dates)
        self.weeks = Counter(_monday(day) for day in dates)

    def reasons(self, day: date) -> list[Reason]:
        rules, found = self.rules, []
        if day > self.last_date:
            found.append(Reason("window"))
        if rules.max_per_day is not None and self.days[day] >= rules.max_per_day:
            found.append(Reason("day_limit"))
        if rules.max_per_week is not None and self.weeks[_monday(day)] >= rules.max_per_week:
            found.append(Reason("week_limit"))
        return found


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


# --- open hours ---------------------------------------------------------------------------------


def _starts(rules: Rules, day: date) -> Iterator[int]:
    step, duration = rules.slot_interval_minutes * 60, rules.duration_minutes * 60
    for hours in rules.hours(day):
        for low, high in stretches(rules.tz, day, hours):
            yield from range(low, high - duration + 1, step)


def _hours_reasons(rules: Rules, day: date, start: int) -> list[Reason]:
    if start in _starts(rules, day):
        return []
    ranges = rules.hours(day)
    said = ", ".join(f"{_clock(low)}-{_clock(high)}" for low, high in ranges)
    end = start + rules.duration_minutes * 60
    for hours in ranges:
        for low, high in stretches(rules.tz, day, hours):
            if low <= start and end <= high:
                return [Reason("grid", said)]
    if day in rules.date_overrides:
        return [Reason("override", said)]
    return [Reason("hours", said) if ranges else Reason("closed")]


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def stretches(tz: ZoneInfo, day: date, hours: Range) -> list[tuple[int, int]]:
    """The unbroken runs of instants whose wall-clock time in `tz` is on `day` within `hours`.

    None where a clock change skips them all; two where it repeats some of them apart.
    """
    midnight = (day.toordinal() - EPOCH_DAY) * DAY
    opens, closes = midnight + hours[0] * 60, midnight + hours[1] * 60
    found: list[tuple[int, int]] = []
    for since, until, offset in _pieces(tz, day.year):
        low, high = max(since, opens - offset), min(until, closes - offset)
        if low >= high:
            continue
        if found and found[-1][1] == low:
            low = found.pop()[0]
        found.append((low, high))
    return found


@lru_cache(maxsize=4096)
def _pieces(tz: ZoneInfo, year: int) -> tuple[tuple[int, int, int], ...]:
    """The instants of a year, and three days around it, by constant offset from UTC (seconds)."""
    at = (date(year, 1, 1).toordinal() - EPOCH_DAY - 3) * DAY
    end = at + (366 + 6) * DAY
    found, since, offset = [], at, _offset(tz, at)
    while at < end:
        following = min(at + DAY, end)
        if _offset(tz, following) != offset:
            change = _change(tz, at, following)
            found.append((since, change, offset))
            since, offset, following = change, _offset(tz, change), change
        at = following
    return (*found, (since, end, offset))


def _change(tz: ZoneInfo, low: int, high: int) -> int:
    """The first instant after `low` at which the offset is no longer that of `low`."""
    return low + bisect_right(
        range(high - low), False, key=lambda step: _offset(tz, low + step) != _offset(tz, low)
    )


def _offset(tz: ZoneInfo, at: int) -> int:
    change = datetime.fromtimestamp(at, UTC).astimezone(tz).utcoffset()
    return int(change.total_seconds()) if change else 0
