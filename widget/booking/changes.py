"""What hosts and guests do to events in Google: heard of by push, read with sync tokens."""

from __future__ import annotations

import logging
import secrets
import uuid
from collections.abc import Callable
from contextlib import suppress
from enum import Enum, auto

import models
from widget.booking import channels, events
from widget.booking.channels import Channel, WatchedCalendar
from widget.core.clock import Clock
from widget.core.document import load_document
from widget.google.client import DAY, MALFORMED, Calendar, Google
from widget.google.errors import Gone, GoogleError, Refused, Unavailable
from widget.google.event import Event

READ_SECONDS = 60  # the lease of one calendar's reading; its calls take at most half of it
CHANNEL_SECONDS = 30 * DAY  # at most
CHANNEL_RETRY_SECONDS = 600

Items = dict[str, dict[str, object]]  # Google's events by id

log = logging.getLogger("meetslot.changes")


class Taken(Enum):
    """What became of a booking that Google's list may be about."""

    NOTHING = auto()  # there was nothing new in it
    IN = auto()
    NO = auto()  # it has to be read again


def follow(google: Google, host: models.Host, clock: Clock, goes_on: Callable[[], bool]) -> int:
    """Take in what changed in a host's calendars; how many bookings it was about.

    A fault of Google's changes no booking, and is made up for by the next round. No further
    calendar is begun when the round does not go on.
    """
    document = load_document(host.settings)
    booked = models.booked_calendars(host, clock())
    wanted = booked | ({document.target_calendar} if host.calendar_gone else set())
    changed = 0
    for watched in channels.watch(host, wanted) if wanted else ():
        if not goes_on():
            return changed
        try:
            changed += read(google, watched, clock())
        except GoogleError as error:
            log.warning("host %s: changes not read: %s", host.id, error)
    if google.config.secure and goes_on():
        calendars = wanted | {document.target_calendar, *document.busy_calendars}
        _listen(google, host, calendars, clock())
    models.end_conflicts(host, clock())
    return changed


# --- reading changes ------------------------------------------------------------------------


def read(google: Google, watched: WatchedCalendar, now: int) -> int:
    """Everything that changed in one calendar since it was read. Raises GoogleError.

    The bookings are read before Google's list: a booking that changes in between is not moved
    back to what the list says. What could not be taken in is read again the next time.
    """
    if not channels.begin_reading(watched, now, now + READ_SECONDS):
        return 0
    token = None
    try:
        calendar = google.calendar_of(watched.host, READ_SECONDS / 2)
        before = models.followed(watched.host, watched.calendar, now)
        items, following, whole = _changes(calendar, watched)
        if items:
            models.forget_busy(watched.host)
        taken = [_take_in(calendar, booking, items, whole, now) for booking in before]
        if Taken.NO not in taken and not _made_meanwhile(watched, before, items, now):
            token = following
        return taken.count(Taken.IN)
    finally:
        channels.end_reading(watched, token, now)


def _made_meanwhile(
    watched: WatchedCalendar, before: list[models.Booking], items: Items, now: int
) -> bool:
    """Whether the list is about a booking that was not there yet when the bookings were read."""
    known = {booking.id for booking in before}
    after = models.followed(watched.host, watched.calendar, now) if items else []
    return any(each.google_event_id in items for each in after if each.id not in known)


def _changes(calendar: Calendar, watched: WatchedCalendar) -> tuple[Items, str, bool]:
    """Google's events by id, the next sync token, and whether these are all that stand."""
    host, token = watched.host, watched.sync_token
    try:
        try:
            items, following = calendar.changed(watched.calendar, token)
        except Gone as error:
            if error.status != 410 or not token:
                raise
            token = None  # too old: everything anew
            items, following = calendar.changed(watched.calendar, None)
    except Gone as error:
        if error.status == 404 and watched.calendar == load_document(host.settings).target_calendar:
            models.note_calendar_gone(host, watched.calendar)
        raise
    if host.calendar_gone == watched.calendar:
        models.note_calendar_gone(host, None)
    return {item["id"]: item for item in items}, following, token is None


def _take_in(
    calendar: Calendar, booking: models.Booking, items: Items, whole: bool, now: int
) -> Taken:
    """One that goes wrong does not keep the others waiting."""
    try:
        return _look(calendar, booking, items, whole, now)
    except Exception as error:
        known = isinstance(error, GoogleError)
        told = str(error) if known else type(error).__name__
        log.error(
            "booking %s: change not taken in: %s",
            booking.id,
            told,
            exc_info=None if known else error,
        )
        return Taken.NO


def _look(
    calendar: Calendar, booking: models.Booking, items: Items, whole: bool, now: int
) -> Taken:
    item = items.get(booking.google_event_id)
    over = booking.end_at <= now
    if item is None and (over or not whole):
        return Taken.NOTHING
    if booking.status == "pending":
        models.hurry(booking, now)
        return Taken.NO if item else Taken.NOTHING
    event = _event(calendar, booking, item)
    if over and (event is None or event.end is None or event.end <= now):
        return Taken.NOTHING  # what was done to it once it was over is no change of the booking
    if event is None:
        return Taken.IN if models.cancel(booking, now, "host") else Taken.NOTHING
    if event.etag == booking.etag:
        return Taken.NOTHING
    return Taken.IN if events.take_in(calendar, booking, event, now) else Taken.NO


def _event(
    calendar: Calendar, booking: models.Booking, item: dict[str, object] | None
) -> Event | None:
    """The event of a booking as it came, or asked for when it did not come with the others."""
    if item is None:
        return events.standing(calendar, booking)
    try:
        return calendar.read(item)
    except MALFORMED:
        raise Unavailable("calendar.events.list", 200, "malformed event") from None


# --- push channels ----------------------------------------------------------------------------


def _listen(google: Google, host: models.Host, calendars: set[str], now: int) -> None:
    """A live channel for each of these calendars, and none for others."""
    calendar = google.calendar_of(host, READ_SECONDS / 2)
    try:
        for watched in channels.watch(host, calendars):
            _renew(google, calendar, watched, now)
        for watched in channels.unwatched(host, calendars):
            for channel in channels.channels(watched):
                _stop(calendar, channel, now)
            if not channels.channels(watched):
                channels.forget(watched)
    except GoogleError as error:
        log.warning("host %s: channels: %s", host.id, error)


def _renew(google: Google, calendar: Calendar, watched: WatchedCalendar, now: int) -> None:
    """A new channel in the last quarter of the old one's life, and only then the old one's end."""
    found = channels.channels(watched)
    live = [each for each in found if each.resource_id and _lasts(each, now)]
    if not live and watched.watch_after <= now:
        channels.delay_channel(watched, now + CHANNEL_RETRY_SECONDS)
        if made := _watch(google, calendar, watched, now):
            live = [made]
    for channel in found:
        if channel not in live[:1] and (live or channel.expires_at <= now):
            _stop(calendar, channel, now)


def _lasts(channel: Channel, now: int) -> bool:
    return (channel.expires_at - now) * 4 > channel.expires_at - channel.made_at


def _watch(
    google: Google, calendar: Calendar, watched: WatchedCalendar, now: int
) -> Channel | None:
    channel = channels.add_channel(
        watched, str(uuid.uuid4()), secrets.token_urlsafe(32), now, now + CHANNEL_SECONDS
    )
    body = {
        "id": channel.id,
        "token": channel.token,
        "type": "web_hook",
        "address": f"{google.config.public_url}/google/notifications",
    }
    try:
        resource, expires_at = calendar.watch(watched.calendar, body)
    except Refused as error:  # somebody else's calendar: its cache grows old instead
        log.info("host %s: a calendar cannot be watched: %s", watched.host_id, error)
        channels.drop_channel(channel)
        channels.delay_channel(watched, now + DAY)
        return None
    channels.complete_channel(channel, resource, expires_at)
    return channel


def _stop(calendar: Calendar, channel: Channel, now: int) -> None:
    if channel.resource_id and channel.expires_at > now:
        with suppress(Refused):  # there is none any more
            calendar.stop(channel.id, channel.resource_id)
    elif not channel.resource_id and channel.made_at > now - DAY:
        return  # it may stand, and its messages are true
    channels.drop_channel(channel)
