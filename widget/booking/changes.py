"""What hosts and guests do to events in Google: heard of by push, read with sync tokens."""

import logging
import secrets
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import models
from widget.booking import channels, events, leases, rows, settling, states, whereabouts
from widget.booking.channels import Channel, WatchedCalendar
from widget.core.clock import DAY, HOUR, Clock
from widget.core.document import load_document
from widget.google.client import Calendar, Google
from widget.google.errors import GoogleError, Refused, Unavailable

READ_SECONDS = 60  # the lease of one calendar's reading; its calls take at most half of it
SEARCH_SECONDS = HOUR  # between searches for the events of a calendar that is not there
CHANNEL_SECONDS = 30 * DAY  # at most
CHANNEL_RETRY_SECONDS = 600

Item = dict[str, object]  # Google's event

log = logging.getLogger("meetslot.changes")


def follow(google: Google, host: models.Host, clock: Clock, goes_on: Callable[[], bool]) -> int:
    """Take in what changed in a host's calendars; how many bookings it was about.

    A fault of Google's changes no booking, and is made up for by the next round. No further
    calendar is begun when the round does not go on.
    """
    document = load_document(host.settings)
    if host.calendar_gone:
        _look_after(google, host)
    wanted = rows.booked_calendars(host, clock())
    changed = 0
    for watched in channels.due(host, wanted, clock()):
        if not goes_on():
            return changed
        try:
            changed += read_changes(google, watched, clock())
        except GoogleError as error:
            log.warning("host %s: changes not read: %s", host.id, error)
            if error.status == 403 and watched.calendar == document.target_calendar:
                _look_after(google, host)
    if google.config.secure and goes_on():
        calendars = wanted | {document.target_calendar, *document.busy_calendars}
        _listen(google.calendar_of(host, READ_SECONDS / 2), calendars, clock())
    states.end_conflicts(host, clock())
    return changed


def _look_after(google: Google, host: models.Host) -> None:
    """Ask Google's list whether bookings can be written to their calendar; keep what it says."""
    target = load_document(host.settings).target_calendar
    try:
        owned = google.calendar_of(host, READ_SECONDS / 2).writable()
    except GoogleError as error:
        log.warning("host %s: calendars not read: %s", host.id, error)
        return
    models.note(host, calendar_gone=None if target in owned else target)


# --- reading changes ------------------------------------------------------------------------


def read_changes(google: Google, watched: WatchedCalendar, now: int) -> int:
    """Take in everything that changed in one calendar since it was read; of how many bookings.
    Raises GoogleError.

    A calendar that takes too long is gone on with in the next round, from the page where this
    one ended. What could not be taken in is kept as `unread` and asked for in the next round.
    """
    lease = leases.take(f"reading:{watched.id}", now, now + READ_SECONDS)
    if lease is None:
        return 0
    models.note(watched, due=False)  # what Google notifies of from now on makes it due again
    reading = _Reading(google.calendar_of(watched.host, READ_SECONDS / 2), watched, now)
    try:
        while reading.page():
            pass
        reading.rest()
    finally:
        whole = reading.done and not (watched.page_token or watched.unread)
        models.note(watched, **({"read_at": now} if whole else {"due": True}))
        lease.release()
    return reading.changed


@dataclass
class _Reading:
    """One worker's reading of a calendar. `changed`: of how many bookings something was taken
    in; `failed`: the ids of those where that went wrong."""

    calendar: Calendar
    watched: WatchedCalendar
    now: int
    changed: int = 0
    done: bool = False
    failed: set[str] = field(default_factory=set)

    def page(self) -> bool:
        """Take in one page of changes, and keep that it was; whether there is another.

        The bookings are read before Google's list: a booking that changes in between is not
        moved back to what the list says.
        """
        watched, before = self.watched, self._bookings()
        items, page, token = _page(self.calendar, watched, self.now)
        unread = set(watched.unread)
        if not watched.sync_token and not watched.page_token:  # the list leaves deleted ones out
            unread = {each.id for each in before if each.end_at > self.now}
        if items:
            models.forget_busy(watched.host)
        for booking in before:
            if item := items.get(booking.google_event_id):
                unread.discard(booking.id)
                self._take_in(booking, item)
        made = {each.id for each in self._bookings() if each.google_event_id in items}
        unread |= self.failed | made - {each.id for each in before}
        channels.turn_page(watched, token or watched.sync_token, page, sorted(unread))
        return page is not None

    def rest(self) -> None:
        """Ask for the event of each booking of which the list said nothing."""
        bookings = self._bookings() if self.watched.unread else []
        asked = {each.id for each in bookings} & set(self.watched.unread) - self.failed
        for booking in bookings:
            if booking.id in asked and self.calendar.seconds_left > 0:
                asked.discard(booking.id)
                self._take_in(booking, None)
        unread = self.failed | asked
        channels.turn_page(self.watched, self.watched.sync_token, None, sorted(unread))
        self.done = True

    def _bookings(self) -> list[models.Booking]:
        return rows.followed(self.watched.host, self.watched.calendar, self.now)

    def _take_in(self, booking: models.Booking, item: Item | None) -> None:
        """Take in one booking's event; a failure is logged and kept in `failed`, so that the other
        bookings go on."""
        try:
            taken = _follow_event(self.calendar, booking, item, self.now)
        except Exception as error:
            unforeseen = None if isinstance(error, GoogleError) else error
            log.error("booking %s: not taken in: %s", booking.id, error, exc_info=unforeseen)
            taken = None
        if taken is None:
            self.failed.add(booking.id)
        else:
            self.changed += taken


def _page(
    calendar: Calendar, watched: WatchedCalendar, now: int
) -> tuple[dict[str, Item], str | None, str | None]:
    """The next page of changes: Google's events by id, and where to go on."""
    while True:
        asked = (watched.sync_token, watched.page_token)
        try:
            items, page, token = calendar.changes(watched.calendar, *asked)
        except Refused as error:
            # a token of ours is too old, or none to Google (400)
            if error.status not in (400, 410) or not any(asked):
                if error.status == 404:
                    _not_there(calendar, watched, now)
                raise
            keep = watched.sync_token if error.status == 400 and watched.page_token else None
            channels.turn_page(watched, keep, None, watched.unread)
        else:
            if page and page == watched.page_token:
                raise Unavailable("calendar.events.list", 200, "the same page again")
            return {item["id"]: item for item in items}, page, token


def _not_there(calendar: Calendar, watched: WatchedCalendar, now: int) -> None:
    """Google knows no such calendar. One that goes by another name by now (the account's address
    has changed) has the bookings' events all the same: they are looked for, once an hour."""
    host = watched.host
    if watched.calendar == load_document(host.settings).target_calendar:
        models.note(host, calendar_gone=watched.calendar)
    if watched.due and 0 <= now - watched.read_at < SEARCH_SECONDS:
        return
    models.note(watched, read_at=now)
    for booking in rows.followed(host, watched.calendar, now):
        if event := whereabouts.elsewhere(calendar, booking):
            events.take_in(calendar, booking, event, now)


def _follow_event(
    calendar: Calendar, booking: models.Booking, item: Item | None, now: int
) -> bool | None:
    """Whether anything of an event was taken in, as it came or is asked for when it did not come
    with the others; None when it has to be read again. Raises one of MALFORMED, or GoogleError."""
    if booking.status == "pending":
        if item:
            settling.hurry(booking, now)
        return None
    event = calendar.read_event(item) if item else whereabouts.known(calendar, booking)
    over = booking.end_at <= now
    if over and (event is None or event.end is None or event.end <= now):
        return False  # what was done to it once it was over is no change of the booking
    if event is None:
        return states.cancel(booking, now, "host") is not None
    if event.etag == booking.etag:
        return False
    return events.take_in(calendar, booking, event, now) or None


# --- push channels ----------------------------------------------------------------------------


def _listen(calendar: Calendar, calendars: set[str], now: int) -> None:
    """A live channel for each of these calendars, and none for others."""
    host = calendar.host
    try:
        for watched in channels.watch(host, calendars):
            _renew(calendar, watched, now)
        for watched in channels.unwatched(host, calendars):
            for channel in channels.channels(watched):
                _stop(calendar, channel, now)
            if not channels.channels(watched):
                watched.delete_instance()
    except GoogleError as error:
        log.warning("host %s: channels: %s", host.id, error)


def _renew(calendar: Calendar, watched: WatchedCalendar, now: int) -> None:
    """A new channel in the last quarter of the old one's life, and only then the old one's end."""
    found = channels.channels(watched)
    live = [each for each in found if each.resource_id and _lasts(each, now)]
    if not live and models.over(watched.watch_after, now, now + DAY):
        models.note(watched, watch_after=now + CHANNEL_RETRY_SECONDS)
        if made := _watch(calendar, watched, now):
            live = [made]
    for channel in found:
        if channel not in live[:1] and (live or channel.expires_at <= now):
            _stop(calendar, channel, now)


def _lasts(channel: Channel, now: int) -> bool:
    return (channel.expires_at - now) * 4 > channel.expires_at - channel.made_at


def _watch(calendar: Calendar, watched: WatchedCalendar, now: int) -> Channel | None:
    own = {"id": str(uuid.uuid4()), "token": secrets.token_urlsafe(32)}
    # stored before Google is asked for it, so that its first notification is known
    times = {"made_at": now, "expires_at": now + CHANNEL_SECONDS}
    channel = Channel.create(watched=watched, **own, **times)
    address = f"{calendar.google.config.public_url}/google/notifications"
    body = {**own, "type": "web_hook", "address": address}
    try:
        resource, expires_at = calendar.watch(watched.calendar, body)
    except Refused as error:  # somebody else's calendar: its cache grows old instead
        log.info("host %s: a calendar cannot be watched: %s", watched.host_id, error)
        channel.delete_instance()
        models.note(watched, watch_after=now + DAY)
        return None
    models.note(watched, due=True)  # what changed before Google made it is read once more
    models.note(channel, resource_id=resource, expires_at=expires_at)
    return channel


def _stop(calendar: Calendar, channel: Channel, now: int) -> None:
    if channel.resource_id and channel.expires_at > now:
        with suppress(Refused):  # there is none any more
            calendar.stop(channel.id, channel.resource_id)
    elif not channel.resource_id and channel.made_at > now - DAY:
        return  # it may stand, and its messages are true
    channel.delete_instance()
