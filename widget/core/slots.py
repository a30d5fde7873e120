"""What is free, and why a time is not. Pure: the current instant is handed in.

The rule is "What makes a slot" of the outside interface. An instant is a whole number of seconds
since 1970-01-01T00:00:00Z. Intervals are half-open: the start belongs to them, the end does not.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from widget.core.clock import DAY, time_of_day

EPOCH_DAY = date(1970, 1, 1).toordinal()
FIRST, LAST = 0, 7_258_118_400  # 1970 to 2200: outside nothing is offered
EARLIEST, LATEST = -62_135_000_000, 253_402_000_000  # what datetime can say in every zone
FOREVER = 1 << 62

Range = tuple[int, int]  # minutes of the wall-clock day, 0 to 1440
Ranges = tuple[Range, ...]
Stretch = tuple[int, int]  # an unbroken run of open instants of one range
Time = tuple[int, int | None]  # where one slot starts; or from when to when slots are
Clocks = tuple[tuple[int, int], ...]  # until when, and what is the offset from UTC (seconds)
Obstacle = tuple[int, int, str, str]  # low, high, code, detail: no slot starts with low < it < high


class Reason(NamedTuple):
    """Why a slot cannot start at a time: past, notice, window, away, holiday, closed, override,
    hours, grid, busy, booking, day_limit or week_limit."""

    code: str
    detail: str = ""


@dataclass(frozen=True)
class Rules:
    """The rules of an `event` type; `weekly_hours` begin with Monday. All minutes, dates in `tz`.

    The ranges of a day are sorted and do not overlap: the settings document sees to it.
    """

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
    event: str = ""
    off: Callable[[date], Reason | None] = lambda _day: None
    times: Sequence[Time] | None = None  # instead of the open hours, but on dates that are away

    def hours(self, day: date) -> Ranges:
        """The open ranges of a date: its override's, else its weekday's; none on a day off, but
        that hours of an override open it all the same, unless it is away."""
        ranges = self.date_overrides.get(day)
        if (off := self.off(day)) and (off.code == "away" or not ranges):
            return ()
        return self.weekly_hours[day.weekday()] if ranges is None else ranges


class Busy(NamedTuple):
    """Something in a calendar, from start to end."""

    start: int
    end: int
    calendar: str = ""


class Booked(NamedTuple):
    """An active booking of the host, with the buffers it was made with (minutes). It counts for the
    limits a day and a week of its own event type."""

    start: int
    end: int
    buffer_before_minutes: int = 0
    buffer_after_minutes: int = 0
    event: str = ""
    id: str = ""


def free(
    rules: Rules, busy: Sequence[Busy], booked: Sequence[Booked], now: int, start: int, end: int
) -> list[int]:
    """The starts of all free slots with start <= slot < end, in order."""
    start, end = max(start, now, FIRST), min(end, LAST)
    if start >= end:
        return []
    limits = _Limits(rules, booked, now)
    # a clock set back over midnight repeats a date: a day more on either side
    first = local_date(rules.tz, start).toordinal() - 1
    last = min(local_date(rules.tz, end - 1).toordinal() + 1, limits.last)
    starts: list[int] = []
    for day, stretch, until in _reaches(rules, first, last):
        if day <= last and not limits.reasons(day):
            starts += _grid(rules, stretch, until)
    if rules.times is not None:  # which may overlap
        starts = sorted(set(starts))
    starts = starts[bisect_left(starts, start) : bisect_left(starts, end)]
    return _clear(starts, _obstacles(rules, busy, booked, now))


def reasons(
    rules: Rules, busy: Sequence[Busy], booked: Sequence[Booked], now: int, start: int
) -> list[Reason]:
    """Why no slot starts at `start`: every reason there is, and none exactly when one is free."""
    if not FIRST <= start < LAST:
        return [Reason("past" if start < now else "window")]
    day = local_date(rules.tz, start)
    found = [
        Reason(code, detail)
        for low, high, code, detail in _obstacles(rules, busy, booked, now)
        if low < start < high
    ]
    found += _Limits(rules, booked, now).reasons(day.toordinal())
    found += _hours_reasons(rules, day, start)
    return list(dict.fromkeys(found))


def latest(window_days: int, now: int) -> int:
    """No slot of a booking window of so many days starts at or after this instant: a day more than
    its last date takes in any zone, since a clock set back takes up to a day."""
    return now + (window_days + 2) * DAY


def reach(window_days: int, now: int) -> tuple[int, int]:
    """The instants, start and end, outside which nothing that is busy decides about a slot of a
    booking window: buffers take up to a day."""
    return now - DAY, latest(window_days, now) + DAY


def local_date(tz: ZoneInfo, at: int) -> date:
    """The date on the wall calendar of `tz`."""
    return datetime.fromtimestamp(min(max(at, EARLIEST), LATEST), tz).date()


def by_date(starts: Sequence[int], tz: ZoneInfo) -> dict[date, list[int]]:
    """Starts (in order) by their date on the wall calendar of `tz`, both in order."""
    days: dict[date, list[int]] = {}
    at = 0
    for until, offset in clocks(tz, starts[0], starts[-1]) if starts else ():
        while at < len(starts) and starts[at] < until:
            number = (starts[at] + offset) // DAY
            after = bisect_left(starts, min((number + 1) * DAY - offset, until), at)
            days.setdefault(date.fromordinal(number + EPOCH_DAY), []).extend(starts[at:after])
            at = after
    return days


# --- what stands in the way ---------------------------------------------------------------------


def _obstacles(
    rules: Rules, busy: Iterable[Busy], booked: Iterable[Booked], now: int
) -> list[Obstacle]:
    """Time that is taken, as what it forbids: an open interval of starts each."""
    before, after = rules.buffer_before_minutes * 60, rules.buffer_after_minutes * 60
    duration = rules.duration_minutes * 60
    reach = duration + after
    found: list[Obstacle] = [
        (-FOREVER, now, "past", ""),
        (now - 1, now + rules.minimum_notice_minutes * 60, "notice", ""),
    ]
    found += [
        (start - reach, end + before, "busy", calendar)
        for start, end, calendar in busy
        if start < end  # half-open: what has no length takes no time
    ]
    found += [
        (
            each.start - duration - max(after, each.buffer_before_minutes * 60),
            each.end + max(before, each.buffer_after_minutes * 60),
            "booking",
            each.id,
        )
        for each in booked
    ]
    return found


def _clear(starts: list[int], obstacles: list[Obstacle]) -> list[int]:
    """Those starts (in order) that no obstacle forbids: between two of them, all at once."""
    found: list[int] = []
    at, count = 0, len(starts)
    for low, high, _code, _detail in sorted(obstacles):
        following = bisect_right(starts, low, at)
        if following < count and starts[following] < high:
            found += starts[at:following]
            at = bisect_left(starts, high, following)
    return found + starts[at:]


class _Limits:
    """The rules that a whole date keeps or breaks: booking window, bookings a day and a week."""

    def __init__(self, rules: Rules, booked: Iterable[Booked], now: int) -> None:
        self.rules = rules
        self.last = local_date(rules.tz, now).toordinal() + rules.booking_window_days
        booked = booked if rules.max_per_day or rules.max_per_week else ()
        own = [each for each in booked if each.event == rules.event]
        days = [local_date(rules.tz, each.start).toordinal() for each in own]
        self.days = Counter(days)
        self.weeks = Counter(map(_week, days))

    def reasons(self, number: int) -> list[Reason]:
        """Why nothing can be booked on a date, given by its ordinal."""
        rules = self.rules
        found: list[Reason] = []
        if number > self.last:
            found.append(Reason("window"))
        if rules.max_per_day is not None and self.days[number] >= rules.max_per_day:
            found.append(Reason("day_limit"))
        if rules.max_per_week is not None and self.weeks[_week(number)] >= rules.max_per_week:
            found.append(Reason("week_limit"))
        return found


def _week(ordinal: int) -> int:
    """Numbers the weeks, Monday first: day 1 of the calendar was a Monday."""
    return (ordinal - 1) // 7


# --- open hours ---------------------------------------------------------------------------------


def _reaches(rules: Rules, first: int, last: int) -> list[tuple[int, Stretch, int]]:
    """The stretches of some dates (ordinals), and of those after them that a slot can reach, in
    order: each with its date and the end of the open time that it runs on into."""
    if rules.times is not None:
        return _named(rules, first, last)
    ahead = rules.duration_minutes // 1440 + 2  # a date may be skipped, or come back
    found = [
        (stretch, number)
        for number in range(first, last + ahead + 1)
        for day in (date.fromordinal(number),)
        for hours in rules.hours(day)
        for stretch in stretches(rules.tz, day, hours)
    ]
    found.sort(reverse=True)
    reaches: list[tuple[int, Stretch, int]] = []
    begins = until = FOREVER
    for stretch, day in found:
        until = until if stretch[1] == begins else stretch[1]
        begins = stretch[0]
        reaches.append((day, stretch, until))
    return reaches[::-1]


def _named(rules: Rules, first: int, last: int) -> list[tuple[int, Stretch, int]]:
    """The same for times that are named one by one, of every date that they reach: nothing of
    them runs on, and days away stay closed."""
    found: list[tuple[int, Stretch, int]] = []
    for start, end in rules.times or ():
        until = start + rules.duration_minutes * 60 if end is None else end
        named = (start, start + 1 if end is None else end)
        begins = max(first, local_date(rules.tz, start).toordinal())
        ends = min(last, local_date(rules.tz, named[1] - 1).toordinal())
        for day in map(date.fromordinal, range(begins, ends + 1)):
            off = rules.off(day)
            if not (off and off.code == "away"):
                parts = stretches(rules.tz, day, (0, 1440))
                found += [(day.toordinal(), part, until) for part in _on_grid(rules, named, parts)]
    return found


def _on_grid(rules: Rules, named: Stretch, parts: list[Stretch]) -> Iterator[Stretch]:
    """What parts of a date have of a named range, each from a start of that range's grid on."""
    step = rules.slot_interval_minutes * 60
    for low, high in parts:
        begin = named[0] + -(-max(low - named[0], 0) // step) * step
        if begin < min(high, named[1]):
            yield begin, min(high, named[1])


def _grid(rules: Rules, stretch: Stretch, until: int) -> range:
    """Where slots start in a stretch: at its beginning and every interval, while they end by
    `until`."""
    end = min(stretch[1], until - rules.duration_minutes * 60 + 1)
    return range(stretch[0], end, rules.slot_interval_minutes * 60)


def _hours_reasons(rules: Rules, day: date, start: int) -> list[Reason]:
    number = day.toordinal()
    around = [
        (stretch, until)
        for _day, stretch, until in _reaches(rules, number - 1, number)
        if stretch[0] <= start < stretch[1]
    ]
    if any(start in _grid(rules, *each) for each in around):
        return []
    ranges = rules.hours(day)
    said = ", ".join(f"{time_of_day(low)}-{time_of_day(high)}" for low, high in ranges)
    if around:
        fits = any(start + rules.duration_minutes * 60 <= until for _, until in around)
        return [Reason("grid" if fits else "hours", said)]
    if not ranges and (off := rules.off(day)):
        return [off]
    if rules.times is not None:
        return [Reason("closed")]
    if day in rules.date_overrides:
        return [Reason("override", said)]
    return [Reason("hours", said) if ranges else Reason("closed")]


def stretches(tz: ZoneInfo, day: date, hours: Range) -> list[Stretch]:
    """The unbroken runs of instants whose wall-clock time in `tz` is on `day` within `hours`.

    None where a clock change skips them all; two where it repeats some of them apart.
    """
    midnight = (day.toordinal() - EPOCH_DAY) * DAY
    opens, closes = midnight + hours[0] * 60, midnight + hours[1] * 60
    found: list[Stretch] = []
    for since, until, offset in _pieces(tz, day.year):
        if since < closes - offset and opens - offset < until:
            low, high = max(since, opens - offset), min(until, closes - offset)
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


def clocks(tz: ZoneInfo, first: int, last: int) -> Clocks:
    """The offsets from UTC (seconds) from a day before `first` to a day after `last`, each with
    its end: the same for all zones whose clocks show the same all the while."""
    found, at, end = list[tuple[int, int]](), (first // DAY - 1) * DAY, (last // DAY + 2) * DAY
    while at < end:
        pieces = _pieces(tz, datetime.fromtimestamp(at, UTC).year)
        at, offset = next((min(until, end), shift) for _since, until, shift in pieces if at < until)
        if found and found[-1][1] == offset:
            found.pop()
        found.append((at, offset))
    return tuple(found)


def _change(tz: ZoneInfo, low: int, high: int) -> int:
    """The first instant after `low` at which the offset is no longer that of `low`."""
    return low + bisect_right(
        range(high - low), False, key=lambda step: _offset(tz, low + step) != _offset(tz, low)
    )


def _offset(tz: ZoneInfo, at: int) -> int:
    offset = datetime.fromtimestamp(at, tz).utcoffset()
    return int(offset.total_seconds()) if offset else 0


NEAREST = 4  # free times that are offered instead of one that is gone


def nearest(free: Sequence[int], start: int) -> list[int]:
    """The free starts closest to one that is gone, the closest first."""
    return sorted(free, key=lambda other: abs(other - start))[:NEAREST]
