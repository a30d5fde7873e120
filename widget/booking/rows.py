"""Bookings as they are stored: queries, and what is noted on a row beside its status."""

import re
from typing import Any

import models
from models import ACTIVE, Booking, Host
from widget.core.clock import DAY, WEEK
from widget.core.locations import LOCATIONS
from widget.core.slots import Booked

PAST_DAYS = 10  # of bookings that are over but may count for a week's limit
BOOKING_ID = re.compile(r"[0-9a-f]{32}")
#: The status that a booking has once the guest's last act (its `unannounced`) is done.
DONE = {"booked": "confirmed", "rescheduled": "confirmed", "cancelled": "cancelled"}

_COLUMNS = """
id, start_at, end_at, new_start_at, new_end_at, buffer_before_minutes, buffer_after_minutes, event,
holds
"""
_HELD = f"""
SELECT {_COLUMNS} FROM booking
WHERE host_id = ? AND status IN ('pending', 'confirmed') AND end_at > ?
UNION SELECT {_COLUMNS} FROM booking
WHERE host_id = ? AND status IN ('pending', 'confirmed') AND new_start_at IS NOT NULL
AND new_end_at > ? ORDER BY 2
"""  # noqa: S608  # of the line above


def booking_by_id(id: str | None) -> Booking | None:
    """With its host; for an id that is none nothing is asked."""
    found = models.find(Booking, "id = ?", id) if id else None
    if found and (host := models.host_by_id(found.host_id)):
        found.host = host  # type: ignore[assignment]
        return found
    return None


def booking_of(host_id: int, id: str) -> Booking | None:
    """A host's booking by its id, whatever text that is."""
    found = booking_by_id(id) if BOOKING_ID.fullmatch(id) else None
    return found if found and found.host_id == host_id else None


def as_it_is(booking: Booking) -> Booking:
    """The row as it is now. Raises Erased."""
    found = booking_by_id(booking.id)
    if found is None:
        raise models.Erased
    return found


def booking_by_key(host: Host, key: str) -> Booking | None:
    return models.find(Booking, "host_id = ? AND idempotency_key = ?", host.id, key)


def held(host_id: int, at: int, moving: Booking | None = None) -> list[Booked]:
    """What active bookings of a host, other than `moving`, hold that decide about a time from `at`
    on, in order."""
    found, since = [], at - PAST_DAYS * DAY
    for row in models.read(_HELD, host_id, since, host_id, since):
        id, start, end, new_start, new_end, before, after, event, holds = row
        if holds or new_start is not None:
            found.append(Booked(start, end, before, after, event, id))
        if new_start is not None:
            found.append(Booked(new_start, new_end, before, after, event, id))
    return [each for each in found if moving is None or each.id != moving.id]


def made_since(host: Host, since: int) -> int:
    """How many bookings of a host were made after an instant."""
    made = "SELECT COUNT(*) FROM booking WHERE host_id = ? AND created_at > ?"
    return int(models.read(made, host.id, since)[0][0])


def booked_calendars(host: Host, now: int) -> set[str]:
    """The calendars that hold events to follow."""
    query = Booking.select(Booking.calendar).where(Booking.host == host, *_active(now - WEEK))
    return {booking.calendar for booking in query.distinct()}


def followed(host: Host, calendar: str, now: int) -> list[Booking]:
    """The bookings in one calendar whose events are followed."""
    there = Booking.host == host, Booking.calendar == calendar
    return list(with_hosts().where(*there, *_active(now - WEEK)))


def with_hosts() -> Any:
    """The query for bookings, each with its host."""
    return Booking.select(Booking, Host).join(Host)


def _active(since: int) -> tuple[Any, ...]:
    """Active bookings that end after an instant: a week ago, where the host may take up again what
    is over."""
    return Booking.status.in_(ACTIVE), Booking.end_at > since


def changed(host: Host, since: int) -> list[Booking]:
    """A host's bookings whose last change is no older than `since`, in its order."""
    query = Booking.select().where(Booking.host == host, Booking.updated_at >= since)
    return list(query.order_by(Booking.updated_at, Booking.id))


def bookings(
    host: Host,
    start: int | None = None,
    end: int | None = None,
    status: str | None = None,
    after: tuple[int, str] | None = None,
    limit: int | None = None,
) -> list[Booking]:
    """A host's bookings by start and id, at most `limit`: those that start from `start` on and
    before `end`, and come `after` a start and id."""
    query = Booking.select().where(Booking.host == host)
    if start is not None:
        query = query.where(Booking.start_at >= start)
    if end is not None:
        query = query.where(Booking.start_at < end)
    if status is not None:
        query = query.where(Booking.status == status)
    if after is not None:
        at, id = after
        later = (Booking.start_at == at) & (Booking.id > id)
        query = query.where((Booking.start_at > at) | later)
    return list(query.order_by(Booking.start_at, Booking.id).limit(limit))


def upcoming_of_event(host: Host, event: str, now: int) -> int:
    """How many active bookings of an event type are still to come."""
    query = Booking.select().where(Booking.host == host, Booking.event == event, *_active(now))
    return query.count()


def zones_of_guests(now: int) -> list[str]:
    """The time zones of guests whose bookings are active and still to come."""
    query = Booking.select(Booking.tz).where(*_active(now))
    return sorted(each.tz for each in query.distinct())


# --- notes ----------------------------------------------------------------------------------------


def announce(booking: Booking) -> str | None:
    """The guest's last act (of DONE) once it is done, for the one answer that tells of it."""
    act = booking.unannounced
    if act is None or booking.status != DONE[act]:
        return None
    still = Booking.unannounced == act, Booking.status == DONE[act]
    try:
        return str(act) if models.note(booking, *still, unannounced=None) else None
    except models.NoAnswer:  # a later answer tells it, when the database can be written to
        return None


def note_event(booking: Booking, event: dict[str, Any]) -> bool:
    """Keep what changed about the event of a confirmed booking without changing the booking.
    False when another change came first."""
    same, etag = same_event(booking)
    with models.write():
        where = f"status = 'confirmed' AND change IS NULL {same}"
        return models.change(booking, event, where, etag) is not None


def same_event(booking: Booking) -> tuple[str, Any]:
    """The SQL condition that a booking still has the etag that it was read with."""
    return "AND coalesce(etag, '') = ?", booking.etag or ""


def leave_over(booking: Booking, now: int) -> None:
    """Mark a booking that is over as having an event at Google that has to be deleted."""
    over = Booking.status.in_(("cancelled", "failed"))
    models.note(booking, over, leftover=True, settle_after=now)


def stood(booking: Booking) -> bool:
    """Whether it was known where the event of a booking is when it was to be cancelled."""
    return booking.etag is not None and booking.new_start_at is None


def is_hosts_own(booking: models.Booking) -> bool:
    """Whether hosts booked themselves, to try it out."""
    return booking.guest_email.lower() == booking.host.email.lower()


def place(booking: models.Booking) -> str:
    """Where the event is: as the host has it, else at the guest's number."""
    return booking.promise["location_detail"] or str(booking.answers.get("phone", ""))


def meeting_link(booking: models.Booking) -> str | None:
    """Where the meeting is on the web: Google's link, or the host's own, which is told only once
    it is booked."""
    if not LOCATIONS[booking.promise["location"]].secret:
        return booking.meet_link
    return booking.promise["location_detail"] if booking.status == "confirmed" else None
