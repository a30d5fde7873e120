"""The host's connection to Google, as the settings page tells of it."""

from typing import Any

import models
from models import Booking
from widget.booking import channels, deletion
from widget.core import clock
from widget.core.document import load_document
from widget.core.locations import LOCATIONS
from widget.host import calendars, store
from widget.host.signin import USES


def connection(host: models.Host) -> dict[str, Any]:
    """What the settings page says about Google: the account, what it allows, and its troubles."""
    granted, now = host.scopes.split(), clock.now()
    target = load_document(host.settings).target_calendar
    return {
        "disconnected": host.disconnected_reason if host.disconnected_at else None,
        "by_host": bool(host.disconnected_at) and host.disconnected_reason == deletion.BY_HOST,
        "missing": [use for scope, use in USES.items() if scope not in granted],
        "granted": [use for scope, use in USES.items() if scope in granted],
        # as they are before the page itself asks Google
        "problem": host.calendar_problem,
        "server_problem": host.server_problem,
        "asked_at": host.asked_at,
        "gone": host.calendar_gone if host.calendar_gone == target else None,
        "refusal": models.calendar_refusal(host, target),
        "calendar": calendars.stored(host).name(target),
        "without_meet": _without_meet(host, target),
        "zone_asked": store.zone_asked(host),
        "told": len(channels.told(host, now)),
        "conflicts": conflicts(host, now),
        "troubles": troubles(host, now),
    }


def _without_meet(host: models.Host, target: str) -> str | None:
    """The name of the target calendar if it makes no Meet links and an event type needs them:
    Google said so when one was asked for, or says so in its list."""
    known, events = calendars.stored(host), load_document(host.settings).event_types
    found = known.find(target)
    missing = host.calendar_without_meet == target or bool(found and not found.meet)
    missing = missing and any(LOCATIONS[event.location].meets for event in events)
    return known.name(target) if missing else None


def conflicts(host: models.Host, now: int) -> list[Booking]:
    """Bookings still to come that the host moved onto another one in Google."""
    return _ending_after(now, Booking.host == host, Booking.conflict)


def troubles(host: models.Host, now: int) -> list[Booking]:
    """Bookings of which something was given up after a day without an answer from Google, until a
    week after they end."""
    return _ending_after(now - clock.WEEK, Booking.host == host, Booking.trouble.is_null(False))


def _ending_after(since: int, *where: Any) -> list[Booking]:
    query = Booking.select().where(Booking.end_at > since, *where)
    return list(query.order_by(Booking.start_at))
