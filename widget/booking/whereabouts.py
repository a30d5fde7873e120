"""Where a booking's event stands: in its calendar, or where the host has put it since.

Google shows an event that was moved to another calendar as cancelled in the old one.
"""

import models
from widget.google.client import PRIMARY, Calendar
from widget.google.errors import Gone, Unavailable
from widget.google.event import Event


def seen(calendar: Calendar, booking: models.Booking) -> Event | None:
    """The event of a booking as it stands, in whichever of the host's calendars; None when it is
    deleted in all of them.

    Google still shows deleted ones. One that it does not know at all (404) is no reason to cancel
    anything: its calendar may be gone, or this be a fault of Google's; Unavailable then.
    """
    try:
        event = calendar.get(booking.calendar, booking.google_event_id)
    except Gone as error:
        if moved := elsewhere(calendar, booking):
            return moved
        raise Unavailable(error.method, error.status, error.reason) from None
    return stands(calendar, booking, event)


def known(calendar: Calendar, booking: models.Booking) -> Event | None:
    """The same, but None also when Google does not know the event at all."""
    try:
        return seen(calendar, booking)
    except Unavailable as error:
        if error.status in (404, 410):
            return None
        raise


def stands(calendar: Calendar, booking: models.Booking, event: Event) -> Event | None:
    """`event`, read from the booking's calendar, if it stands there; the one in another calendar
    if the host moved it; None when it is deleted in all. Raises GoogleError."""
    if event.organized and not event.cancelled:
        return event
    moved = elsewhere(calendar, booking, organized=not event.cancelled)
    return moved or (None if event.cancelled else event)


def elsewhere(
    calendar: Calendar, booking: models.Booking, *, organized: bool = False
) -> Event | None:
    """The event in another calendar that the host owns; the booking goes there too.

    `organized`: not one that only invites that calendar. Raises GoogleError when one of them
    cannot be looked at.
    """
    for ids in calendar.owned:
        if booking.calendar in ids:
            continue
        other = PRIMARY if PRIMARY in ids else min(ids)
        try:
            event = calendar.get(other, booking.google_event_id)
        except Gone:
            continue
        if not event.cancelled and (event.organized or not organized):
            models.note(booking, models.Booking.calendar == booking.calendar, calendar=other)
            booking.calendar = other
            return event
    return None
