"""What people do: book, cancel, reschedule. Page, API and command line call the same."""

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal

import models
from models import Booking
from widget.booking import errors, events, mail, offer, one_off, refusals, rows, settling, states
from widget.booking.guest_input import Details, Invalid, questions
from widget.booking.offer import Bookable, offer_for
from widget.booking.target import Target, of_booking
from widget.core import clock, slots
from widget.core.document import EventType
from widget.core.hours import OneOff
from widget.google.client import Calendar, Google
from widget.google.errors import GoogleError, Unknown
from widget.text.language import gettext as _

CLAIM_SECONDS = 20  # longer than the calls of one request take: nobody else settles it before
PER_HOST_AND_HOUR = 300
PROMISED = ("title", "duration", "location", "location_detail", "invite_title", "invite_text")
#: Begins the key of a form without our nonce: it tells a repetition only while the booking stands.
BARE = "bare:"

log = logging.getLogger("meetslot.bookings")


@dataclass(frozen=True)
class Caller:
    """Who acts. `allow` counts one more act against what the caller may do, and raises
    TooManyBookings beyond it; language and campaign are kept with a booking."""

    by: Literal["guest", "host"] = "guest"
    allow: Callable[[], None] = lambda: None  # of a host, whose own time it is: any number
    language: str = "en"
    message: str = ""  # of a host who moves a booking, to its guest
    utm: Mapping[str, str] = field(default_factory=dict)


HOST = Caller("host")


def book(
    calendar: Calendar, target: Target, details: Details, key: str | None, caller: Caller, now: int
) -> Booking:
    """Book, or give the booking that this key made before: a repetition is never too much.

    The claim is committed before Google is asked, so that no other guest gets the time. The
    booking comes back confirmed, or pending when nobody knows yet whether the event stands.
    Raises a NotBooked, Erased when the host is gone, or Invalid for an address that Google does
    not take: then no event stands and the time is free; but for Uncertain, after which a
    repetition tells.
    """
    try:
        return _book(calendar, target, details, key, caller, now)
    except errors.NotBooked as error:
        refusals.note(target.host, error.code, now)
        raise
    except models.NoAnswer as error:
        if not models.is_away(error):
            raise
        log.error("booking: the database does not answer: %s", type(error).__name__)
        models.database.close()
        lost = isinstance(error, models.CommitLost)
        raise (errors.Uncertain() if lost else errors.Unavailable()) from error


def _book(
    calendar: Calendar, target: Target, details: Details, key: str | None, caller: Caller, now: int
) -> Booking:
    if key and (before := _made_before(target.host, details, key)):
        return before
    refusals.check_blocked(target, details, now)
    caller.allow()
    looked = offer_for(target, calendar, now, held=False)
    looked, booking = _claim(looked, details, key, caller)
    if booking is None:  # the same request, at the same time
        return _book(calendar, target, details, key, caller, now)
    return _written(booking, lambda: _make(calendar, looked, booking))


def _made_before(host: models.Host, details: Details, key: str) -> Booking | None:
    """The booking that this key made: a repetition gets the same. Raises KeyReused."""
    before = rows.booking_by_key(host, key)
    if before is None:
        return None
    if before.status not in models.ACTIVE and key.startswith(BARE):
        models.note(before, idempotency_key=None)  # the same request may book anew
        return None
    if before.body_digest != details.digest():
        raise errors.KeyReused(before.id)
    return before


def _make(calendar: Calendar, looked: Bookable, booking: Booking) -> Booking:
    """Ask Google for busy times anew, then insert the event. Raises as `book`."""
    now = looked.now
    try:
        offer.ask_again(calendar, looked, booking.start_at)
        if made := events.make(calendar, booking, looked.settings, now):
            return made
    except errors.NotBooked as error:
        if states.fail(booking, error.code, now):
            raise
    except Unknown as error:
        _stays_pending(booking, error)
    except GoogleError as error:
        log.warning("booking %s: not made: %s", booking.id, error)
        if states.fail(booking, f"{error.status} {error.reason}"[:80], now):
            raise _not_taken(booking, error) from error
    try:
        return rows.as_it_is(booking)  # a round may have settled it, so long did it take
    except models.Erased:  # nobody would know of the event any more
        with suppress(GoogleError):
            calendar.delete(booking.calendar, booking.google_event_id, None)
        raise


def _written(begun: Booking, talk: Callable[[], Booking]) -> Booking:
    """What comes of a talk with Google about a booking that is claimed, or whose change is `begun`.
    When the answer cannot be stored it stays so, and a reconcile round finds it out, as after an
    unknown outcome."""
    try:
        return talk()
    except models.NoAnswer as error:
        log.error("booking %s: the database does not answer: %s", begun.id, type(error).__name__)
        models.database.close()  # the next question opens a connection that may be better
        return begun


def _claim(
    looked: Bookable, details: Details, key: str | None, caller: Caller
) -> tuple[Bookable, Booking | None]:
    """Hold the time; no booking when its key came while we waited for the lock, which alone may
    use it."""
    with models.locked(looked.host) as host:
        if key and rows.booking_by_key(host, key):
            return looked, None
        if rows.made_since(host, looked.now - clock.HOUR) >= PER_HOST_AND_HOUR:
            raise errors.TooManyBookings(clock.HOUR)
        mail.check_active((details.email, *details.guests), looked.now)
        one_off.take(looked.event, looked.now)
        looked = offer.check(looked, host, details.start)
        booking = states.claim(host, _claimed(looked, details, key, caller))
        mail.count(booking, looked.now)
        return looked, booking


def promise(event: EventType) -> dict[str, Any]:
    """What a booking keeps of its event type, whatever becomes of that."""
    labels = {question.id: question.label for question in questions(event)}
    return {**{name: getattr(event, name) for name in PROMISED}, "labels": labels}


def _claimed(looked: Bookable, details: Details, key: str | None, caller: Caller) -> dict[str, Any]:
    event = looked.event
    return {
        "event": event.slug,
        "promise": promise(event),
        "start_at": details.start,
        "end_at": details.start + event.duration * 60,
        "buffer_before_minutes": event.buffer_before,
        "buffer_after_minutes": event.buffer_after,
        "guest_name": details.name,
        "guest_email": details.email,
        **details.model_dump(include={"notes", "answers", "guests", "tz"}),
        "language": caller.language,
        "utm": dict(caller.utm),
        "calendar": looked.settings.target_calendar,
        "link": event.code if isinstance(event, OneOff) else None,
        "idempotency_key": key,
        "body_digest": details.digest(),
        "settle_after": clock.now() + CLAIM_SECONDS,
        "created_at": looked.now,
        "updated_at": looked.now,
    }


def _not_taken(booking: Booking, error: GoogleError) -> Exception:
    """What to raise for a guest: Invalid at every e-mail field when Google refuses an attendee's
    address, since it does not say which; else a NotBooked."""
    if not events.is_about_attendees(error):
        return errors.not_booked(error)
    fields = ("email", "guests") if booking.guests else ("email",)
    return Invalid(dict.fromkeys(fields, _("Google does not accept this e-mail address.")))


def _stays_pending(booking: Booking, error: GoogleError) -> None:
    """Leave the booking pending; it is asked about in RETRY_SECONDS, since what was sent may still
    arrive."""
    log.warning("booking %s: outcome unknown: %s", booking.id, error)
    settling.let_go(booking, clock.now() + events.RETRY_SECONDS)


# --- cancelling -----------------------------------------------------------------------------


def cancel(google: Google, booking: Booking, reason: str, caller: Caller, now: int) -> Booking:
    """Cancel a booking; one that is over stays as it is, so repeating is harmless.

    It comes back cancelled, or pending (`change` is cancel) when nobody knows yet whether its
    event is gone. Raises TooLate, CalendarUnavailable or CalendarDisconnected: then nothing
    was changed.
    """
    if booking.status not in models.ACTIVE or booking.change == "cancel":
        return booking
    check_deadline(booking, caller.by, now)
    caller.allow()
    with models.locked(booking.host):
        if caller.by == "guest":
            mail.count(booking, now)
        until = clock.now() + CLAIM_SECONDS
        mine = states.begin_cancel(booking, caller.by, reason, now, until)
    if mine is None:
        return rows.as_it_is(booking)
    calendar = google.calendar_of(mine.host)
    return _written(mine, lambda: _remove(calendar, mine, booking.status, now))


def _remove(calendar: Calendar, mine: Booking, before: str, now: int) -> Booking:
    """Delete the event and finish the cancellation; `before`: the booking's status until then."""
    try:
        events.cancel(calendar, mine, now)
    except GoogleError as error:
        if isinstance(error, Unknown) or before == "pending" or mine.new_start_at:
            _stays_pending(mine, error)  # what it was may not be known either
        else:
            log.warning("booking %s: not cancelled: %s", mine.id, error)
            states.undo(mine, now)
            if rows.as_it_is(mine).status == "confirmed":
                raise errors.not_booked(error) from error
    return rows.as_it_is(mine)


def check_deadline(booking: Booking, by: str, now: int) -> None:
    """Raises TooLate."""
    if not in_time(booking, by, now):
        raise errors.TooLate(booking.id)


def in_time(booking: Booking, by: str, now: int) -> bool:
    """A guest may change a booking until it begins, or its deadline; a host until it ends."""
    if by == "host":
        return now < booking.end_at
    target = of_booking(booking)
    deadline_minutes = (target and target.event.change_deadline) or 0
    return now < booking.start_at - deadline_minutes * 60


# --- rescheduling ---------------------------------------------------------------------------


def reschedule(google: Google, booking: Booking, start: int, caller: Caller, now: int) -> Booking:
    """Move a booking to another time that its event type offers; its Meet link stays.

    It comes back confirmed at the new time, or pending (`change` is move, both times held)
    when nobody knows yet whether its event was moved; repeating is harmless. Raises a
    NotBooked: then it is as it was before, or as the host made it meanwhile.
    """
    if booking.status not in models.ACTIVE:
        raise errors.NotActive(booking.status)
    if start == (booking.new_start_at if booking.change else booking.start_at):
        return booking
    if booking.status == "pending":
        raise errors.UnderWay(booking.id)
    check_deadline(booking, caller.by, now)
    target, calendar = of_booking(booking), google.calendar_of(booking.host)
    if target is None or not target.event.active:
        raise errors.SlotUnavailable([slots.Reason("closed")])
    if caller.by == "guest" and refusals.is_blocked(target, (booking.guest_email, *booking.guests)):
        raise errors.NotOffered
    caller.allow()
    looked = offer_for(target, calendar, now, booking)
    looked, mine = _claim_move(looked, booking, start, caller)
    return _written(mine, lambda: _move(calendar, looked, mine))


def _claim_move(
    looked: Bookable, booking: Booking, start: int, caller: Caller
) -> tuple[Bookable, Booking]:
    end, now = start + booking.end_at - booking.start_at, looked.now
    with models.locked(looked.host) as host:
        looked = offer.check(looked, host, start)
        if caller.by == "guest":
            mail.count(booking, now)
        until = clock.now() + CLAIM_SECONDS
        mine = states.begin_move(booking, start, end, caller.by, now, until, caller.message)
    if mine is None:  # somebody else changes it at the same time
        raise errors.UnderWay(booking.id)
    return looked, mine


def _move(calendar: Calendar, looked: Bookable, mine: Booking) -> Booking:
    """Move the event, and finish or undo the move of `mine`. Raises as `reschedule`."""
    now, moved = looked.now, False
    why: errors.NotBooked = errors.Altered(mine.id)
    try:
        offer.ask_again(calendar, looked, mine.times()[-1][0])
        moved = events.move(calendar, mine, looked.settings, now)
    except errors.NotBooked as error:
        why = error
    except Unknown as error:
        _stays_pending(mine, error)
        return _standing(mine)
    except GoogleError as error:
        log.warning("booking %s: not moved: %s", mine.id, error)
        why = errors.not_booked(error)
    if not moved:
        states.undo(mine, now)
    found = _standing(mine)
    if not moved and found.status == "confirmed" and found.start_at != mine.new_start_at:
        raise why
    return found  # it may be settled by somebody else


def _standing(mine: Booking) -> Booking:
    """The booking as it is now. Raises NotActive when it is over."""
    found = rows.as_it_is(mine)
    if found.status not in models.ACTIVE:
        raise errors.NotActive(found.status)
    return found
