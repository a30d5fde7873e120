"""Lifelike weeks: meetings, lunches, a day off, a conference, a reminder, a declined invitation."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from demo.google.pages import add_event
from demo.google.state import Calendar, State

WEEKS = 9
MEETINGS = (
    "Crew planning", "Harbour office", "Boat inspection", "Course review", "Accounts", "Interview",
    "Weather briefing", "Sponsor call", "Safety training", "Dentist",
)  # fmt: skip


def fill(state: State, calendar: Calendar, now: float) -> None:
    """The same for the same calendar and date, whatever the machine."""
    zone = ZoneInfo(calendar.zone)
    today = datetime.fromtimestamp(now, zone).replace(hour=0, minute=0, second=0, microsecond=0)
    chance = random.Random(calendar.id)
    monday = today - timedelta(days=today.weekday())
    for week in range(WEEKS):
        for weekday in range(5):
            _workday(state, calendar, monday + timedelta(weeks=week, days=weekday), chance)
    _whole_day(state, calendar, monday + timedelta(weeks=1, days=4), "Day off")
    _whole_day(state, calendar, monday + timedelta(weeks=3, days=2), "Boat show", days=2)
    _whole_day(state, calendar, monday + timedelta(weeks=1, days=1), "Bin day", free=True)
    lunch = monday + timedelta(weeks=1, days=2, hours=15)
    _timed(state, calendar, lunch, 60, "Quarterly all-hands", declined=True)


def _workday(state: State, calendar: Calendar, day: datetime, chance: random.Random) -> None:
    _timed(state, calendar, day.replace(hour=12, minute=30), 60, "Lunch")
    for hour in sorted(chance.sample((9, 10, 11, 14, 15, 16), chance.randint(1, 4))):
        length = chance.choice((30, 45, 60))
        _timed(state, calendar, day.replace(hour=hour), length, chance.choice(MEETINGS))


def _timed(
    state: State, calendar: Calendar, start: datetime, minutes: int, summary: str,
    *, declined: bool = False,
) -> None:  # fmt: skip
    end = start + timedelta(minutes=minutes)
    times = ({"dateTime": start.isoformat()}, {"dateTime": end.isoformat()})
    add_event(state, calendar, summary, *times, declined=declined)


def _whole_day(
    state: State, calendar: Calendar, day: datetime, summary: str, *, days: int = 1,
    free: bool = False,
) -> None:  # fmt: skip
    end = day + timedelta(days=days)
    times = ({"date": f"{day:%Y-%m-%d}"}, {"date": f"{end:%Y-%m-%d}"})
    add_event(state, calendar, summary, *times, free=free)
