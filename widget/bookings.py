"""What people do: see what is offered, and book it."""

from __future__ import annotations

import html
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import models
from widget import busy, links, settings, slots
from widget.calendar import (
    DAY,
    Calendar,
    Disconnected,
    Duplicate,
    Event,
    Gone,
    Google,
    GoogleError,
    Unknown,
)
from widget.details import Details, questions
from widget.settings import EventType, Settings
from widget.slots import Booked, Busy, Reason, Rules

CLAIM_SECONDS = 60  # longer than the calls of one booking may take: nobody else settles it before
RETRY_SECONDS = 2
ACTIVE_PER_GUEST = 10
PER_HOST_AND_HOUR = 300
TAKEN = {"busy", "booking"}  # reasons that come from other people, not from the host's rules

log = logging.getLogger("meetslot.bookings")


class NotBooked(Exception):
    """Nothing was booked. `code` is the interface's stable word for why."""

    code = "invalid_request"


class SlotTaken(NotBooked):
    code = "slot_taken"


class SlotUnavailable(NotBooked):
    """Outside the host's rules; `reasons` says which."""

    code = "slot_unavailable"

    def __init__(self, reasons: Iterable[Reason]) -> None:
        self.reasons = list(reasons)
        super().__init__(", ".join(reason.code for reason in self.reasons))


class TooManyBookings(NotBooked):
    """More than one guest or one host may have; again in `retry_after` seconds."""

    code = "rate_limited"

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"again in {retry_after} s")
        self.retry_after = retry_after


class KeyReused(NotBooked):
    """This idempotency key came with another body before."""


class CalendarUnavailable(NotBooked):
    """Google does not answer, or does not take the event."""

    code = "calendar_unavailable"


class CalendarDisconnected(NotBooked):
    """Google will not let us in until the host signs in again."""

    code = "calendar_disconnected"


def closed(error: GoogleError) -> NotBooked:
    """What a fault of Google's means for a guest who wants to book."""
    if isinstance(error, Disconnected | Gone):
        return CalendarDisconnected(str(error))
    return CalendarUnavailable(str(error))


@dataclass(frozen=True)
class Offer:
    """All that decides what is free for one event type now."""

    host: models.Host
    settings: Settings
    event: EventType
    rules: Rules
    busy: list[Busy]
    booked: list[Booked]
    now: int

    def free(self, start: int, end: int) -> list[int]:
        """The starts of free slots with start <= slot < end."""
        return slots.free(self.rules, self.busy, self.booked, self.now, start, end)

    def reasons(self, start: int) -> list[Reason]:
        """Why a slot cannot start then; empty when it can."""
        return slots.reasons(self.rules, self.busy, self.booked, self.now, start)

    @property
    def last(self) -> int:
        """No slot starts at or after this instant."""
        return self.now + (self.rules.booking_window_days + 2) * DAY


def offer(google: Google, host: models.Host, event: EventType, now: int) -> Offer:
    """Raises CalendarUnavailable or CalendarDisconnected: an unread calendar offers nothing."""
    document = settings.load(host.settings)
    if host.disconnected_at:
        raise CalendarDisconnected(host.disconnected_reason)
    try:
        taken = busy.of(google, host, document, now)
    except GoogleError as error:
        raise closed(error) from error
    window = (event.booking_window_days + 10) * DAY
    booked = _booked(host, event, now - 10 * DAY, now + window)
    return Offer(host, document, event, settings.rules(document, event), taken, booked, now)


def _booked(host: models.Host, event: EventType, start: int, end: int) -> list[Booked]:
    return [
        Booked(
            booking.start_at,
            booking.end_at,
            booking.buffer_before_minutes,
            booking.buffer_after_minutes,
            counts=booking.event == event.slug,
            id=booking.id,
        )
        for booking in models.active_bookings(host, start, end)
    ]


@dataclass(frozen=True)
class Visit:
    """What the page knows of a guest besides the details: language and campaign."""

    language: str = "en"
    utm: dict[str, str] | None = None


def book(
    google: Google,
    host: models.Host,
    event: EventType,
    details: Details,
    key: str | None,
    now: int,
    visit: Visit | None = None,
) -> models.Booking:
    """Book, or give the booking that this key made before.

    The claim is committed before Google is asked, so that no other guest gets the time. The
    booking comes back confirmed, or pending when nobody knows yet whether the event stands.
    Raises a NotBooked: then no event stands and the time is free.
    """
    if key and (before := models.booking_by_key(host, key)):
        return _repeated(before, details)
    looked = offer(google, host, event, now)
    try:
        booking = _claim(looked, details, key, visit or Visit())
    except models.KeyTaken:  # the same request, at the same time
        return book(google, host, event, details, key, now, visit)
    try:
        _ask_again(google, looked, booking)
    except NotBooked as error:
        models.fail(booking, error.code, now)
        raise
    return _insert(google, looked, booking, now)


def _repeated(booking: models.Booking, details: Details) -> models.Booking:
    if booking.body_digest != details.digest():
        raise KeyReused(booking.id)
    return booking


def _claim(looked: Offer, details: Details, key: str | None, visit: Visit) -> models.Booking:
    now, start = looked.now, details.start
    with models.locked(looked.host) as host:
        if key and models.booking_by_key(host, key):  # it came while we waited for the lock
            raise models.KeyTaken
        _check_amounts(host, details.email, now)
        booked = _booked(host, looked.event, start - 9 * DAY, start + 9 * DAY)
        reasons = slots.reasons(looked.rules, looked.busy, booked, now, start)
        if reasons:
            raise refusal(reasons)
        try:
            return models.claim(host, _claimed(looked, details, key, visit))
        except models.Overlap:
            raise SlotTaken from None


def refusal(reasons: list[Reason]) -> NotBooked:
    """Why nothing can be booked then: somebody has the time, or the host's rules exclude it."""
    rules = [reason for reason in reasons if reason.code not in TAKEN]
    return SlotUnavailable(rules) if rules else SlotTaken()


def _check_amounts(host: models.Host, email: str, now: int) -> None:
    if models.active_of_guest(email, now) >= ACTIVE_PER_GUEST:
        raise TooManyBookings(DAY)
    if models.made_since(host, now - 3600) >= PER_HOST_AND_HOUR:
        raise TooManyBookings(3600)


def _claimed(looked: Offer, details: Details, key: str | None, visit: Visit) -> dict[str, Any]:
    event = looked.event
    return {
        "event": event.slug,
        "promise": {
            "title": event.title,
            "duration": event.duration,
            "location": event.location,
            "location_detail": event.location_detail,
            "labels": {question.id: question.label for question in questions(event)},
        },
        "start_at": details.start,
        "end_at": details.start + event.duration * 60,
        "buffer_before_minutes": event.buffer_before,
        "buffer_after_minutes": event.buffer_after,
        "guest_name": details.name,
        "guest_email": details.email,
        "notes": details.notes,
        "answers": dict(details.answers),
        "guests": list(details.guests),
        "tz": details.tz,
        "language": visit.language,
        "utm": visit.utm or {},
        "calendar": looked.settings.target_calendar,
        "idempotency_key": key,
        "body_digest": details.digest(),
        "settle_after": looked.now + CLAIM_SECONDS,
        "created_at": looked.now,
        "updated_at": looked.now,
    }


def _ask_again(google: Google, looked: Offer, booking: models.Booking) -> None:
    """The host may have got busy since the cache was filled: Google's word is the last."""
    start, end, event = booking.start_at, booking.end_at, looked.event
    since, until = start - event.buffer_before * 60, end + event.buffer_after * 60
    try:
        taken = busy.fresh(google, looked.host, looked.settings, since, until, looked.now)
    except GoogleError as error:
        raise closed(error) from error
    reasons = slots.reasons(looked.rules, taken, [], looked.now, start)
    if any(reason.code == "busy" for reason in reasons):
        models.forget_busy(looked.host)
        raise SlotTaken


def _insert(google: Google, looked: Offer, booking: models.Booking, now: int) -> models.Booking:
    calendar = google.calendar_of(looked.host)
    try:
        event = insert(google, calendar, booking, looked.settings)
    except Unknown as error:
        log.warning("booking %s: outcome unknown: %s", booking.id, error)
        models.let_go(booking, now + RETRY_SECONDS)
    except GoogleError as error:
        log.warning("booking %s: not made: %s", booking.id, error)
        models.fail(booking, f"{error.status} {error.reason}"[:80], now)
        raise closed(error) from error
    else:
        keep(booking, event, now)
    return models.booking_by_id(booking.id) or booking


def insert(
    google: Google, calendar: Calendar, booking: models.Booking, document: Settings
) -> Event:
    """Make the event of a booking, or find the one that an earlier try made.

    Raises Unknown when it may stand and cannot be seen; another GoogleError when it does not.
    """
    try:
        return calendar.insert(booking.calendar, event_body(google, booking, document))
    except Duplicate:
        try:
            return calendar.get(booking.calendar, booking.google_event_id)
        except GoogleError as error:
            raise Unknown(error.method, error.status, error.reason) from error


def keep(booking: models.Booking, event: Event, now: int) -> None:
    """Write down what Google has: its event, or that somebody deleted it."""
    if event.cancelled:
        models.cancel(booking, now)
        return
    kept = {
        "etag": event.etag,
        "meet_link": event.meet_link,
        "meet_pending": event.meet_pending,
        "settle_after": now + RETRY_SECONDS,
    }
    models.confirm(booking, kept, now)


def event_body(google: Google, booking: models.Booking, document: Settings) -> dict[str, Any]:
    """The event as Google's Calendar v3 `events.insert` takes it."""
    promise = booking.promise
    attendees = [
        {"email": booking.guest_email, "displayName": booking.guest_name},
        {"email": booking.host.email, "responseStatus": "accepted"},
        *({"email": email} for email in booking.guests),
    ]
    body: dict[str, Any] = {
        "id": booking.google_event_id,
        "summary": f"{booking.guest_name} - {promise['title']}",
        "description": description(google, booking),
        "start": _moment(booking.start_at, document.time_zone),
        "end": _moment(booking.end_at, document.time_zone),
        "attendees": list({each["email"].lower(): each for each in reversed(attendees)}.values()),
        "extendedProperties": {"private": {"meetslot": booking.id}},
    }
    if promise["location"] == "google_meet":
        body["conferenceData"] = {
            "createRequest": {
                "requestId": booking.id,
                "conferenceSolutionKey": {"type": "hangoutsMeet"},
            }
        }
    else:
        body["location"] = promise["location_detail"] or booking.answers.get("phone", "")
    if booking.utm:
        body["source"] = _source(google, booking)
    return body


def _source(google: Google, booking: models.Booking) -> dict[str, str]:
    """Where the guest came from: Google shows an event's source to its creator alone."""
    campaign = ", ".join(f"{name}: {value}" for name, value in booking.utm.items())
    return {"title": campaign[:1024], "url": links.booking_url(google.config, booking.id)}


def _moment(at: int, tz: str) -> dict[str, str]:
    return {"dateTime": datetime.fromtimestamp(at, ZoneInfo(tz)).isoformat(), "timeZone": tz}


def description(google: Google, booking: models.Booking) -> str:
    """Notes and answers for Google's pages, which show a description as HTML: all escaped."""
    labels = booking.promise["labels"]
    parts = [f"{labels.get(id, id)}: {_said(answer)}" for id, answer in booking.answers.items()]
    if booking.notes:
        parts.append(booking.notes)
    parts.append(links.booking_url(google.config, booking.id))
    return "\n\n".join(html.escape(part) for part in parts).replace("\n", "<br>")


def _said(answer: str | bool) -> str:
    return answer if isinstance(answer, str) else "✓" if answer else "–"
