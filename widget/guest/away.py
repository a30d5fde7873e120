"""What guests are told of the days on which a host is away, or that are public holidays."""

from datetime import date, timedelta
from typing import Any

from widget.core.document import EventType, Settings
from widget.core.hours import day_off
from widget.core.slots import Rules
from widget.text import language
from widget.text.language import gettext as _


def told(document: Settings, rules: Rules, day: date) -> str:
    """What is said of a date (in the host's zone) that is off for these rules; "" of others."""
    if (not document.away and not document.holidays) or rules.hours(day):
        return ""
    off = day_off(document, day, language.tag())
    if off and off.code == "holiday":
        return _("Public holiday: %(name)s") % {"name": off.detail}
    return _is_away(document) if off and off.code == "away" else ""


def in_sight(
    document: Settings, event: EventType, view: dict[str, Any], today: date
) -> list[dict[str, str]]:
    """When the host is away in the month, or around the days, that a picker's view shows: in
    order, the dates and what guests read of them."""
    if view.get("month"):
        first, last = view["month"].sight
        first = max(first, today)
    else:
        shown = [date.fromisoformat(each.date) for each in view["shown"]]
        first = min(shown, default=today)
        last = max(shown, default=today + timedelta(days=event.booking_window_days))
    low, high = first.isoformat(), last.isoformat()
    found = [each for each in document.away if each.since <= high and each.until >= low]
    return [
        {
            "when": language.date_range(*map(date.fromisoformat, (each.since, each.until))),
            "note": each.note or _is_away(document),
        }
        for each in sorted(found, key=lambda each: each.since)
    ]


def _is_away(document: Settings) -> str:
    return _("%(host)s is away.") % {"host": document.display_name}
