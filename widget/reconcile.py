"""What time and Google do: settle bookings whose outcome or Meet link is not known yet."""

from __future__ import annotations

import logging
import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import models
import watching
from widget import bookings, busy, events, host_changes, settings
from widget.calendar import (
    DAY,
    Calendar,
    Event,
    Gone,
    Google,
    GoogleError,
    Refused,
    Unavailable,
)
from widget.offers import without
from widget.slots import Busy

LONGEST_PAUSE_SECONDS = 300
WRITES = {"calendar.events.insert", "calendar.events.patch", "calendar.events.delete"}
UNSEEN_SECONDS = 600  # Google shows what it has taken by then
LOOK_SECONDS = 5  # between looks whether a round is due
MEET_LINK_SECONDS = 3600  # after this Google will not make the link any more

log = logging.getLogger("meetslot.reconcile")


def run(google: Google, now: int) -> Counter[str]:
    """Settle everything that is due, and take in what hosts did in Google.

    Safe at any time, in several places at once. How many bookings ended in which status, and
    how many `followed` their event.
    """
    outcome: Counter[str] = Counter()
    for booking in models.unsettled(now):
        with _going_on(f"booking {booking.id}"):
            outcome[settle(google, booking, now).status] += 1
    for host in models.hosts():
        if not host.disconnected_at:
            with _going_on(f"host {host.id}"):
                outcome["followed"] += host_changes.follow(google, host, now)
    return +outcome


@contextmanager
def _going_on(about: str) -> Iterator[None]:
    """One that goes wrong does not keep the others waiting."""
    try:
        yield
    except Exception as error:
        log.error("%s: reconcile failed", about, exc_info=error)


def settle(google: Google, booking: models.Booking, now: int) -> models.Booking:
    """Ask Google what became of a booking, and make row and event agree.

    One at a time for a booking, over all workers and machines; the others get the row as it is.
    """
    mine = models.take(booking, now, now + models.LEASE_SECONDS)
    if mine is None:
        return models.as_it_is(booking)
    try:
        _agree(google, mine, now)
    except Refused as error:
        _refused(mine, error, now)
    except GoogleError as error:
        _unanswered(mine, error, now)
    return models.as_it_is(booking)


def _refused(booking: models.Booking, error: Refused, now: int) -> None:
    """Google will not write this: the guest is told, and the time is freed."""
    if error.method not in WRITES:
        _unanswered(booking, error, now)
        return
    log.warning("booking %s: refused: %s", booking.id, error)
    failure = f"{error.status} {error.reason}"[:80]
    if booking.change:
        models.undo_change(booking, now, failure)
    elif booking.status == "pending":
        models.fail(booking, failure, now, leftover=True)
    else:
        models.let_go(booking, now + LONGEST_PAUSE_SECONDS)


def _unanswered(booking: models.Booking, error: GoogleError, now: int) -> None:
    log.warning("booking %s: still unknown: %s", booking.id, error)
    if booking.status == "pending" and now >= (booking.pending_since or booking.created_at) + DAY:
        models.give_up(booking, now)
    models.let_go(booking, now + _pause(booking.attempts))


def _agree(google: Google, booking: models.Booking, now: int) -> None:
    calendar = google.calendar_of(booking.host)
    if booking.status not in models.ACTIVE:
        _clear_away(calendar, booking, now)
    elif booking.change == "cancel":
        bookings.end(booking, events.remove(calendar, booking), now)
    elif booking.change == "move":
        _move(calendar, booking, now)
    else:
        _confirm(google, calendar, booking, now)


def _clear_away(calendar: Calendar, booking: models.Booking, now: int) -> None:
    """What may be left of a booking that is over has to go, while it could mislead anybody."""
    if booking.end_at > now:
        events.remove(calendar, booking)
        models.forget_busy(booking.host)
    models.clear_leftover(booking)


def _move(calendar: Calendar, booking: models.Booking, now: int) -> None:
    event, (old, new) = events.seen(calendar, booking), booking.times()
    if event is None:
        models.cancel(booking, now, "host")
    elif (event.start, event.end) == new:
        events.moved(booking, event, now)
    elif (event.start, event.end) != old:
        models.undo_change(booking, now)
        events.take_in(calendar, booking, event, now)
    elif new[0] <= now or without(booking, _busy(calendar, booking, *new, now)):
        models.undo_change(booking, now, "slot_taken")
    else:
        try:
            document = settings.load(booking.host.settings)
            events.moved(booking, events.move(calendar, booking, document), now)
        except events.MovedMeanwhile as error:
            models.undo_change(booking, now)
            events.take_in(calendar, booking, error.event, now)
        except Gone:
            models.cancel(booking, now, "host")
    models.forget_busy(booking.host)


def _busy(
    calendar: Calendar, booking: models.Booking, start: int, end: int, now: int
) -> list[Busy]:
    """What the host has got into while nobody knew what became of a booking."""
    document = settings.load(booking.host.settings)
    return busy.fresh(calendar, booking.host, document, start, end, now)


def _confirm(google: Google, calendar: Calendar, booking: models.Booking, now: int) -> None:
    try:
        event = calendar.get(booking.calendar, booking.google_event_id)
    except Gone:
        if booking.status == "confirmed":
            raise
        _insert(google, calendar, booking, now)
        return
    events.keep(booking, _patient(event, booking, now), now)
    if event.meet_pending:
        models.let_go(booking, now + _pause(booking.attempts))
    confirmed = models.booking_by_id(booking.id)
    if confirmed and confirmed.status == "confirmed":
        events.take_in(calendar, confirmed, _patient(event, booking, now), now)


def _insert(google: Google, calendar: Calendar, booking: models.Booking, now: int) -> None:
    """Google knows no event: make it, unless the time has gone meanwhile."""
    if booking.start_at <= now:
        models.fail(booking, "too late", now, leftover=True)
    elif _busy(calendar, booking, booking.start_at, booking.end_at, now):
        if now < booking.created_at + UNSEEN_SECONDS:
            raise Unavailable("calendar.events.get", 404, "what is busy may be our own event")
        models.fail(booking, "slot_taken", now, leftover=True)
    else:
        document = settings.load(booking.host.settings)
        events.keep(booking, events.insert(google, calendar, booking, document), now)
    models.forget_busy(booking.host)


def _patient(event: Event, booking: models.Booking, now: int) -> Event:
    """The event, not waiting for its link any more when that has taken too long."""
    waiting = event.meet_pending and now < booking.created_at + MEET_LINK_SECONDS
    return replace(event, meet_pending=waiting)


def _pause(attempts: int) -> int:
    """Seconds until the next try: exponential, with jitter so that not all come at once."""
    pause = min(2.0 ** min(attempts, 10), LONGEST_PAUSE_SECONDS)
    return round(pause * random.uniform(0.75, 1.25))


def rounds(google: Google) -> None:
    """A round every RECONCILE_EVERY seconds over all workers and machines, for as long as the
    process lives: whoever gets the lease first."""
    every = google.config.reconcile_every
    while every:
        time.sleep(min(every, LOOK_SECONDS))
        now = int(time.time())
        try:
            with models.database.connection_context():
                if watching.take_lease("round", now, now + every):
                    run(google, now)
        except Exception as error:
            log.error("round failed", exc_info=error)
