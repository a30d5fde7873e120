"""A booking's event as Google's Calendar v3 takes it, and how the two are made to agree."""

import html
import logging
import re
from bisect import bisect
from contextlib import suppress
from datetime import datetime
from itertools import accumulate
from typing import Any
from zoneinfo import ZoneInfo

import models
from widget.booking import links, rows, states, whereabouts
from widget.config import Config
from widget.core.document import Settings
from widget.core.locations import LOCATIONS
from widget.google.client import Calendar
from widget.google.errors import (
    Altered,
    Duplicate,
    Gone,
    GoogleError,
    Refused,
    Unavailable,
    Unknown,
)
from widget.google.event import Event
from widget.text import language
from widget.text.language import gettext as _

RETRY_SECONDS = 3  # Google may not see at once what it has taken
NO_ANSWER = "needsAction"
WILLING = ("accepted", "tentative", NO_ANSWER, "declined")  # Google's words, the best first
INVITE_TITLE = "{guest} - {event}"  # of a booking from before hosts could choose
TITLE, DESCRIPTION = 1024, 8192  # characters that Google's pages show of them
LOOKS = 3  # at an event that somebody changes at the same time

log = logging.getLogger("meetslot.events")


def make(
    calendar: Calendar, booking: models.Booking, document: Settings, now: int
) -> models.Booking | None:
    """Make the event of a booking, or find the one that an earlier try made, and write it down:
    the booking that is confirmed, if it is by this.

    Raises Unknown when it may stand and cannot be seen; another GoogleError when it does not.
    """
    try:
        event = _inserted(calendar, booking, event_body(calendar.google.config, booking, document))
    except Duplicate:
        _made_before(calendar, booking, now)
        return None
    _note_meet(booking, event)
    if event.cancelled:
        confirm_seen(calendar, booking, event, now)
        return None
    confirmed = states.confirm(booking, _first_seen(booking, event, now), now)
    if confirmed is None:
        rows.leave_over(booking, now)
    return confirmed


def _inserted(calendar: Calendar, booking: models.Booking, body: dict[str, Any]) -> Event:
    """Insert the event; without a Meet link where the calendar makes none ("Invalid conference
    type value."): nothing was done then, so that the same id is safe."""
    try:
        return calendar.insert(booking.calendar, body)
    except Refused as error:
        another = error.status != 400 or error.reason != "invalid" or is_about_attendees(error)
        if another or "conferenceData" not in body:
            raise
    plain = {name: value for name, value in body.items() if name != "conferenceData"}
    return calendar.insert(booking.calendar, plain)


def is_about_attendees(error: GoogleError) -> bool:
    """Whether Google does not take somebody's address ("Invalid attendee email.")."""
    words = ("attendee", "email", "e-mail")
    return error.status == 400 and any(word in error.message.lower() for word in words)


def _note_meet(booking: models.Booking, event: Event) -> None:
    """Tell the host of a calendar that makes no Meet links, until it does."""
    host, wanted = booking.host, LOCATIONS[booking.promise["location"]].meets
    missing = booking.calendar if not event.meet_link and not event.meet_pending else None
    if wanted and host.calendar_without_meet != missing:
        models.note(host, calendar_without_meet=missing)


def _made_before(calendar: Calendar, booking: models.Booking, now: int) -> None:
    try:
        event = calendar.get(booking.calendar, booking.google_event_id)
    except GoogleError as error:
        raise Unknown(error.method, error.status, error.reason) from error
    with suppress(GoogleError):  # it is booked all the same, and a later round looks again
        confirm_seen(calendar, booking, event, now)


def confirm_seen(calendar: Calendar, booking: models.Booking, event: Event, now: int) -> None:
    """Confirm a booking by its event, and take in what somebody has changed of it since it was
    made. Raises GoogleError as take_in."""
    standing = whereabouts.stands(calendar, booking, event)
    if standing is None:
        states.cancel(booking, now, "host")
    elif booking.status == "confirmed":
        take_in(calendar, booking, standing, now)
    elif states.confirm(booking, _first_seen(booking, standing, now) | {"etag": booking.etag}, now):
        _take_in_anew(calendar, booking, standing, now)
    else:
        rows.leave_over(booking, now)


def finish_move(calendar: Calendar, booking: models.Booking, event: Event, now: int) -> None:
    """Finish the move of a booking whose event is at the new time, and take in what else somebody
    has changed of it."""
    # an answer from before the move gives no time up: the guest has taken this one since
    values = event_columns(event, now) | {
        "guest_response": _response(booking, event),
        "sequence": max(booking.sequence + 1, event.sequence),
        "etag": booking.etag,
    }
    if states.finish_move(booking, values, now):
        with suppress(GoogleError):  # a later round hears of it too
            _take_in_anew(calendar, booking, event, now)
    models.forget_busy(booking.host)


def undo_move(
    calendar: Calendar, booking: models.Booking, event: Event, now: int, failure: str | None = None
) -> None:
    """Undo the move of a booking that Google certainly did not make, and take in what the host has
    done to its event."""
    if states.undo(booking, now, failure):
        with suppress(GoogleError):  # a later round hears of it too
            take_in(calendar, booking, event, now)


def _take_in_anew(calendar: Calendar, booking: models.Booking, event: Event, now: int) -> None:
    """Take in an event that was stored with the etag before: with its own it counts as taken in."""
    row = rows.booking_by_id(booking.id)
    if row and row.status == "confirmed":
        take_in(calendar, row, event, now)


def event_columns(event: Event, now: int) -> dict[str, Any]:
    """The columns of a booking that repeat what its event says."""
    return {
        "etag": event.etag,
        "meet_link": event.meet_link,
        "meet_pending": event.meet_pending,
        "settle_after": now + RETRY_SECONDS,
    }


def _first_seen(booking: models.Booking, event: Event, now: int) -> dict[str, Any]:
    """event_columns, and the guest's response: "no answer yet" when a guest is seen among the
    attendees for the first time."""
    response = booking.guest_response
    if response is None and event.responses:
        response = NO_ANSWER
    return {**event_columns(event, now), "guest_response": response}


def remove(calendar: Calendar, booking: models.Booking) -> bool:
    """Delete the event of a booking, whatever the host did to it; False when it is not there in
    any of the host's calendars, or is the host's own by now.

    Raises Unknown, or another GoogleError when it still stands.
    """
    etag = booking.etag
    for _look in range(LOOKS):
        try:
            calendar.delete(booking.calendar, booking.google_event_id, etag)
        except Gone:
            event = whereabouts.elsewhere(calendar, booking)
        except Altered:
            event = whereabouts.known(calendar, booking)
        else:
            return True
        if event is None or _taken_off(booking, event):
            return False
        etag = event.etag
    raise Unavailable("calendar.events.delete", 412, "changed again and again")


def cancel(calendar: Calendar, booking: models.Booking, now: int) -> None:
    """Delete the event of a booking, and cancel it. If there was none to be removed, it is looked
    for once more, since an earlier insert may still arrive. Raises as remove."""
    removed = remove(calendar, booking)
    states.cancel(booking, now, leftover=not removed)
    models.forget_busy(booking.host)


def move(calendar: Calendar, booking: models.Booking, document: Settings, now: int) -> bool:
    """Move the event of a booking to its new time, and the booking with it. False when the host
    did something else with the event: then the booking is as that is.

    Raises Unknown, or another GoogleError when the event is where it was.
    """
    etag, (_old, new) = booking.etag, booking.times()
    body = times(*new, document)
    if booking.message:
        body["description"] = description(calendar.google.config, booking, document)
    if not booking.holds:  # whoever comes back to a time they gave up takes it again
        body["transparency"] = "opaque"
    for _look in range(LOOKS):
        where, id, event = booking.calendar, booking.google_event_id, None
        try:
            event = calendar.patch(where, id, body, etag, tell=True)
            if (event.start, event.end) != new:
                raise Unknown("calendar.events.patch", 200, "another time")
        except (Altered, Gone) as error:
            event = whereabouts.seen(calendar, booking)
            if event and isinstance(error, Gone) and booking.calendar == where:
                reason = "it stands all the same"
                raise Unavailable(error.method, error.status, reason) from None
        if event is None:
            states.cancel(booking, now, "host")
            models.forget_busy(booking.host)
            return False
        if (event.start, event.end) == new:
            finish_move(calendar, booking, event, now)
            return True
        if not untouched(booking, event):
            undo_move(calendar, booking, event, now)
            return False
        etag = event.etag
    raise Unavailable("calendar.events.patch", 412, "changed again and again")


def untouched(booking: models.Booking, event: Event) -> bool:
    """Whether an event that stands is where the booking has it, for its host and its guest."""
    where = (event.start, event.end) == (booking.start_at, booking.end_at)
    return where and not event.declined and not _taken_off(booking, event)


def _taken_off(booking: models.Booking, event: Event) -> bool:
    """Whether no guest is left: somebody in the guest's place, or under another address, keeps
    the booking. Where no guest was ever seen (the host tries it out), none is missed."""
    if event.responses is None or booking.guest_response is None:
        return False
    return not event.responses and not rows.is_hosts_own(booking)


def take_in(calendar: Calendar, booking: models.Booking, event: Event, now: int) -> bool:
    """Make a confirmed booking follow what the host or the guest did to its event in Google.

    False when the booking was changed since it was read: `event` may be older than that change.
    Raises GoogleError when Google has to be told something for it: then nothing was taken in.
    """
    standing = whereabouts.stands(calendar, booking, event)
    if standing is None:
        states.cancel(booking, now, "host")
    elif standing.declined:
        states.cancel(booking, now, "host", leftover=True)
    elif _taken_off(booking, standing):
        states.cancel(booking, now, "host")  # the event is the host's own from now on
    elif not _follow(calendar, booking, standing, now):
        return False
    models.forget_busy(booking.host)
    return True


def _follow(calendar: Calendar, booking: models.Booking, event: Event, now: int) -> bool:
    response = _response(booking, event)
    try:
        event = _yielding(calendar, booking, event, response)
    except GoogleError as error:
        if not isinstance(error, Refused) or isinstance(error, Altered):
            raise  # Google may say something else to a further try
        log.warning("booking %s: it stays busy at Google: %s", booking.id, error)
    seen = {
        "start_at": event.start,
        "end_at": event.end,
        "guest_response": response,
        "holds": not event.transparent,
    }
    if all(getattr(booking, name) == value for name, value in seen.items()):
        return rows.note_event(booking, event_columns(event, now))
    moved = (event.start, event.end) != (booking.start_at, booking.end_at)
    sequence = max(booking.sequence + moved, event.sequence)  # RFC 5546, 2.1.4
    values = {**event_columns(event, now), **seen, "sequence": sequence}
    return states.follow(booking, values, now) is not None


def _response(booking: models.Booking, event: Event) -> str | None:
    """The response of the guest, or of whoever the host invited besides or instead: that of the
    person most willing to come."""
    responses, extra = event.responses or {}, {email.lower() for email in booking.guests}
    given = {each for email, each in responses.items() if email not in extra}
    given = given or set(responses.values())
    return next((each for each in WILLING if each in given), booking.guest_response)


def _yielding(
    calendar: Calendar, booking: models.Booking, event: Event, response: str | None
) -> Event:
    """The event, made transparent when its guest has declined, so that the host is free then,
    and opaque when the guest has come back."""
    declined, before = response == "declined", booking.guest_response == "declined"
    if declined == before or event.transparent == declined:
        return event
    body = {"transparency": "transparent" if declined else "opaque"}
    return calendar.patch(booking.calendar, booking.google_event_id, body, event.etag, tell=False)


def event_body(config: Config, booking: models.Booking, document: Settings) -> dict[str, Any]:
    """The event as Google's Calendar v3 `events.insert` takes it."""
    attendees = [
        {"email": booking.guest_email, "displayName": booking.guest_name},
        {"email": booking.host.email, "responseStatus": "accepted"},
        *({"email": email} for email in booking.guests),
    ]
    body: dict[str, Any] = {
        "id": booking.google_event_id,
        "summary": summary(booking, document),
        "description": description(config, booking, document),
        **times(booking.start_at, booking.end_at, document),
        "attendees": list({each["email"].lower(): each for each in reversed(attendees)}.values()),
        "extendedProperties": {"private": {"meetslot": booking.id}},
    }
    if LOCATIONS[booking.promise["location"]].meets:
        body["conferenceData"] = {
            "createRequest": {
                "requestId": booking.id,
                "conferenceSolutionKey": {"type": "hangoutsMeet"},
            }
        }
    else:
        body["location"] = rows.place(booking)
    if booking.utm:
        # where the guest came from: Google shows it to the event's creator alone
        campaign = ", ".join(f"{name}: {value}" for name, value in booking.utm.items())
        url = links.booking_url(config, booking.id)
        body["source"] = {"title": campaign[:1024], "url": url}
    return body


def times(start: int, end: int, document: Settings) -> dict[str, Any]:
    """When an event is, told in the host's zone so that people see the right one."""
    return {"start": _moment(start, document.time_zone), "end": _moment(end, document.time_zone)}


def _moment(at: int, tz: str) -> dict[str, str]:
    return {"dateTime": datetime.fromtimestamp(at, ZoneInfo(tz)).isoformat(), "timeZone": tz}


def summary(booking: models.Booking, document: Settings) -> str:
    """What the event is called, in the host's calendar and the guest's."""
    title = booking.promise.get("invite_title", INVITE_TITLE)
    return _filled(title, booking, document)[:TITLE]


def description(config: Config, booking: models.Booking, document: Settings) -> str:
    """The host's message and own text, answers and notes, and how to move or cancel: what a guest
    reads in Google's mail. Its pages show a description as HTML: all escaped; and what is longer
    than they take is cut off before the last line."""
    labels = booking.promise["labels"]
    parts = [booking.message or ""]
    parts.append(_filled(booking.promise.get("invite_text", ""), booking, document))
    parts += [
        f"{labels.get(id, id)}: {_answer_text(answer)}" for id, answer in booking.answers.items()
    ]
    parts.append(booking.notes)
    with language.speaking(booking.language):
        change = _("To move or cancel: %(address)s")
    last = change % {"address": links.booking_url(config, booking.id)}
    text = "\n\n".join(part for part in parts if part.strip())
    last = _escaped(f"\n\n{last}" if text else last, DESCRIPTION)
    return _escaped(text, DESCRIPTION - len(last)) + last


def _escaped(text: str, room: int) -> str:
    """The text as HTML of at most `room` characters."""
    signs = ["<br>" if each == "\n" else html.escape(each) for each in text]
    fit = bisect([*accumulate(map(len, signs))], room)
    return "".join(signs[:fit])


def _filled(text: str, booking: models.Booking, document: Settings) -> str:
    """The host's text about the invitation, with its names filled in."""
    names = {
        "{guest}": booking.guest_name,
        "{event}": booking.promise["title"],
        "{host}": document.display_name,
    }
    return re.sub(r"\{(?:guest|event|host)\}", lambda match: names[match[0]], text)


def _answer_text(answer: str | bool) -> str:
    return answer if isinstance(answer, str) else "✓" if answer else "–"
