"""When an event type is open: which week holds, and which days are off. Pure.

The order of "What makes a slot" of the outside interface: a date in `away` is closed, whatever
else is said of it; then hours of a date override; then public holidays and dates that the host's
own overrides close, which close every schedule; then the week.
"""

from datetime import date
from functools import partial
from zoneinfo import ZoneInfo

from widget.core import days_off, fields, slots
from widget.core.document import WEEKDAYS, EventType, Schedule, Settings
from widget.core.slots import Reason, Time


class OneOff(EventType):
    """An event type as a one-off link offers it: nothing from `ends_at` on (0: it is used up or
    revoked), and only `times`, where it has some of its own."""

    code: str
    ends_at: int
    times: tuple[Time, ...] | None


def slot_rules(settings: Settings, event: EventType) -> slots.Rules:
    """What decides about slots, for the slot core."""
    hours = schedule_of(settings, event)
    return slots.Rules(
        tz=ZoneInfo(settings.time_zone),
        weekly_hours=tuple(_spans(hours.weekly_hours[day]) for day in WEEKDAYS),
        date_overrides={
            date.fromisoformat(day): _spans(ranges) for day, ranges in hours.date_overrides.items()
        },
        off=partial(day_off, settings),
        times=event.times if isinstance(event, OneOff) else None,
        duration_minutes=event.duration,
        slot_interval_minutes=event.slot_interval,
        buffer_before_minutes=event.buffer_before,
        buffer_after_minutes=event.buffer_after,
        minimum_notice_minutes=event.minimum_notice,
        booking_window_days=event.booking_window_days,
        max_per_day=event.max_per_day,
        max_per_week=event.max_per_week,
        event=event.slug,
    )


def schedule_of(settings: Settings, event: EventType) -> Schedule | Settings:
    """Whose hours hold for an event type: those of its schedule, else the host's own."""
    named = (each for each in settings.schedules if each.id == event.schedule)
    return next(named, settings)


def day_off(settings: Settings, day: date, language: str = "en") -> Reason | None:
    """Why a date is closed to every schedule: away, with the note; holiday, with its name in a
    language; or override, where the host's own hours close it. None if it is not.

    All but away are open all the same to a schedule with hours for that very date.
    """
    text = day.isoformat()
    for away in settings.away:
        if away.since <= text <= away.until:
            return Reason("away", away.note)
    chosen = settings.holidays
    if chosen and (name := days_off.holiday(chosen.country, chosen.subdivision, day, language)):
        return Reason("holiday", name)
    return Reason("override") if settings.date_overrides.get(text) == [] else None


def _spans(ranges: list[list[str]]) -> slots.Ranges:
    return tuple(fields.span(pair) for pair in ranges)
