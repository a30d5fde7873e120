"""What time and Google do: settle bookings whose outcome or Meet link is not known yet."""

from __future__ import annotations

import logging
import random
import time
from collections import Counter

import models
from widget import bookings, settings
from widget.calendar import Disconnected, Event, Gone, Google, GoogleError, Unavailable, Unknown

LEASE_SECONDS = 60
LONGEST_PAUSE_SECONDS = 600
MEET_LINK_SECONDS = 3600  # after this Google will not make the link any more

log = logging.getLogger("meetslot.reconcile")


def run(google: Google, now: int) -> Counter[str]:
    """Settle everything that is due; how many bookings ended in which status."""
    outcome: Counter[str] = Counter()
    for booking in models.unsettled(now):
        outcome[settle(google, booking, now).status] += 1
    return outcome


def settle(google: Google, booking: models.Booking, now: int) -> models.Booking:
    """Ask Google what became of a booking, and make row and event agree.

    One at a time for a booking, over all workers and machines; the others get the row as it is.
    """
    mine = models.take(booking, now, now + LEASE_SECONDS)
    if mine is None:
        return models.booking_by_id(booking.id) or booking
    try:
        _agree(google, mine, now)
    except (Unavailable, Unknown, Disconnected) as error:
        log.warning("booking %s: still unknown: %s", mine.id, error)
        models.let_go(mine, now + _pause(mine.attempts))
    except GoogleError as error:
        log.warning("booking %s: not made: %s", mine.id, error)
        models.fail(mine, f"{error.status} {error.reason}"[:80], now)
    return models.booking_by_id(booking.id) or booking


def _agree(google: Google, booking: models.Booking, now: int) -> None:
    calendar = google.calendar_of(booking.host)
    try:
        event = calendar.get(booking.calendar, booking.google_event_id)
    except Gone:
        if booking.status == "confirmed":
            models.cancel(booking, now)
        elif booking.start_at <= now:
            models.fail(booking, "too late", now)
        else:
            document = settings.load(booking.host.settings)
            bookings.keep(booking, bookings.insert(google, calendar, booking, document), now)
        return
    bookings.keep(booking, _patient(event, booking, now), now)
    if event.meet_pending:
        models.let_go(booking, now + _pause(booking.attempts))


def _patient(event: Event, booking: models.Booking, now: int) -> Event:
    waiting = event.meet_pending and now < booking.created_at + MEET_LINK_SECONDS
    return Event(event.etag, event.meet_link, waiting, event.cancelled)


def _pause(attempts: int) -> int:
    """Seconds until the next try: exponential, with jitter so that not all come at once."""
    pause = min(2.0 ** min(attempts, 10), LONGEST_PAUSE_SECONDS)
    return round(pause * random.uniform(0.75, 1.25))


def rounds(google: Google) -> None:
    """Settle what is due every RECONCILE_EVERY seconds, for as long as the process lives."""
    while google.config.reconcile_every:
        time.sleep(google.config.reconcile_every)
        try:
            with models.database.connection_context():
                run(google, int(time.time()))
        except Exception as error:
            log.error("round failed", exc_info=error)
