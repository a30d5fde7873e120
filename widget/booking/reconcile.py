"""Settle bookings whose outcome or Meet link is not known yet; rounds in the background."""

import logging
import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

import models
from widget.booking import changes, deletion, events, leases, offer, rows, settling, states
from widget.booking.whereabouts import seen
from widget.core import clock as core_clock
from widget.core.clock import DAY, HOUR, Clock
from widget.google.client import Calendar, Google
from widget.google.errors import WRITES, Gone, GoogleError, Refused, Unavailable

LONGEST_PAUSE_SECONDS = 300
UNSEEN_SECONDS = 600  # Google shows what it has taken by then
STEP_SECONDS = 60  # the longest that one step of a round may take: a booking, a calendar
LOOK_SECONDS = 5  # between looks whether a round is due
MEET_LINK_SECONDS = HOUR  # after this Google will not make the link any more

log = logging.getLogger("meetslot.reconcile")


def run(google: Google, clock: Clock, goes_on: Callable[[], bool] = lambda: True) -> Counter[str]:
    """Settle everything that is due, and take in what hosts did in Google.

    Safe at any time, in several places at once. How many bookings ended in which status, how
    many `followed` their event, and how much went `wrong`. It ends early when `goes_on` says so.
    """
    outcome: Counter[str] = Counter()
    for booking in settling.unsettled(clock()):
        if not goes_on():
            return outcome
        with _going_on(f"booking {booking.id}", outcome):
            outcome[settle(google, booking, clock()).status] += 1
    for host in models.hosts():
        if not host.disconnected_at:
            with _going_on(f"host {host.id}", outcome):
                outcome["followed"] += changes.follow(google, host, clock, goes_on)
    with _going_on("retention", outcome):
        outcome["wiped"] += deletion.wipe(google.config.booking_retention_days, clock())
    return +outcome


@contextmanager
def _going_on(about: str, outcome: Counter[str]) -> Iterator[None]:
    """Log an exception and count it as `wrong`, so that the other bookings and hosts go on."""
    try:
        yield
    except models.Erased:  # with all that was to be settled
        return
    except Exception as error:
        log.error("%s: reconcile failed", about, exc_info=error)
        outcome["wrong"] += 1


def settle(google: Google, booking: models.Booking, now: int) -> models.Booking:
    """Ask Google what became of a booking, and make row and event agree.

    One at a time for a booking, over all workers and machines; the others get the row as it is.
    Whatever goes wrong, a pending booking comes to an end.
    """
    mine = settling.take(booking, now, now + settling.LEASE_SECONDS)
    if mine is None:
        return rows.as_it_is(booking)
    try:
        _agree(google.calendar_of(mine.host), mine, now)
    except Refused as error:
        _refused(mine, error, now)
    except GoogleError as error:
        log.warning("booking %s: still unknown: %s", mine.id, error)
        _unanswered(mine, now)
    except Exception as error:
        log.error("booking %s: not settled", mine.id, exc_info=error)
        _unanswered(mine, now)
    return rows.as_it_is(booking)


def _refused(booking: models.Booking, error: Refused, now: int) -> None:
    """Undo or fail what Google refuses to write; ask again later for a refusal to read."""
    log.warning("booking %s: refused: %s", booking.id, error)
    failure, before = f"{error.status} {error.reason}"[:80], states.state(booking)
    if error.method not in WRITES:
        _unanswered(booking, now)
    elif before == "moving" or (before == "cancelling" and rows.stood(booking)):
        states.undo(booking, now, failure)
    elif before == "claimed":
        states.fail(booking, failure, now, leftover=True)
    else:
        _unanswered(booking, now)


def _unanswered(booking: models.Booking, now: int) -> None:
    """It is asked again after a pause, but not for ever."""
    since = booking.pending_since or booking.created_at
    if booking.status == "pending" and now >= since + DAY:
        states.expire(booking, now)
    elif booking.status == "confirmed" and now >= booking.created_at + MEET_LINK_SECONDS:
        models.note(booking, meet_pending=False)
    settling.let_go(booking, now + _pause(booking.attempts))


def _agree(calendar: Calendar, booking: models.Booking, now: int) -> None:
    if booking.status not in models.ACTIVE:
        _clear_away(calendar, booking, now)
    elif booking.change == "cancel":
        events.cancel(calendar, booking, now)
    elif booking.change == "move":
        _move(calendar, booking, now)
    else:
        _confirm(calendar, booking, now)


def _clear_away(calendar: Calendar, booking: models.Booking, now: int) -> None:
    """Delete the event that a booking which is over may have left, unless its time has passed."""
    if booking.end_at > now:
        events.remove(calendar, booking)
        models.forget_busy(booking.host)
    models.note(booking, leftover=False)


def _move(calendar: Calendar, booking: models.Booking, now: int) -> None:
    event, (_old, new) = seen(calendar, booking), booking.times()
    if event is None:
        states.cancel(booking, now, "host")
    elif (event.start, event.end) == new:
        events.finish_move(calendar, booking, event, now)
    elif not events.untouched(booking, event):
        events.undo_move(calendar, booking, event, now)
    elif new[0] <= now or offer.is_taken(calendar, *new, now, booking):
        events.undo_move(calendar, booking, event, now, "slot_taken")
    else:
        events.move(calendar, booking, calendar.document, now)
    models.forget_busy(booking.host)


def _confirm(calendar: Calendar, booking: models.Booking, now: int) -> None:
    try:
        event = calendar.get(booking.calendar, booking.google_event_id)
    except Gone:
        if booking.status == "confirmed":
            raise
        _insert(calendar, booking, now)
        return
    waits = event.meet_pending and now < booking.created_at + MEET_LINK_SECONDS
    events.confirm_seen(calendar, booking, replace(event, meet_pending=waits), now)
    if waits:
        settling.let_go(booking, now + _pause(booking.attempts))


def _insert(calendar: Calendar, booking: models.Booking, now: int) -> None:
    """Google knows no event: make it, unless the time has gone meanwhile."""
    if booking.start_at <= now:
        states.fail(booking, "too late", now, leftover=True)
    elif offer.is_taken(calendar, booking.start_at, booking.end_at, now):
        if now < booking.created_at + UNSEEN_SECONDS:
            raise Unavailable("calendar.events.get", 404, "what is busy may be our own event")
        states.fail(booking, "slot_taken", now, leftover=True)
    else:
        events.make(calendar, booking, calendar.document, now)
    models.forget_busy(booking.host)


def _pause(attempts: int) -> int:
    """Seconds until the next try: exponential, with jitter so that not all come at once."""
    pause = min(2.0 ** min(attempts, 10), LONGEST_PAUSE_SECONDS)
    return round(pause * random.uniform(0.75, 1.25))


def rounds(google: Google) -> None:
    """A round every RECONCILE_EVERY seconds over all workers and machines, for as long as the
    process lives: whoever gets the lease first."""
    if every := google.config.reconcile_every:
        leases.rounds(partial(_round, google, every), min(every, LOOK_SECONDS), log)


def _round(google: Google, every: int) -> None:
    """One round, when it is time for it and nobody else is at it. Its lease is renewed before
    each step, and gone once its holder is; after the round it is what the next one waits for."""
    began = core_clock.now()
    lease = leases.take("round", began, began + max(every, STEP_SECONDS))
    if lease:
        run(google, core_clock.now, lambda: lease.renew(core_clock.now() + STEP_SECONDS))
        lease.renew(max(began + every, core_clock.now()))
