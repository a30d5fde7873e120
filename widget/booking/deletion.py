"""Erasing a host or a guest who asks for it (GDPR, article 17), disconnecting a host, and wiping
what guests said of past bookings after BOOKING_RETENTION_DAYS."""

import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

import peewee

import models
from models import Booking, Host, Mailing
from widget.booking import act, mail, one_off, rows, webhooks
from widget.booking.errors import NotBooked
from widget.core import clock
from widget.core.document import document_json, load_document
from widget.google.client import Google

BY_HOST = "by the host"  # as the reason for being disconnected
LOOK_SECONDS = 0.1
AT_ONCE = 200  # bookings in one transaction
WIPED: dict[str, Any] = {
    **dict.fromkeys(("guest_name", "guest_email", "notes", "tz", "language", "body_digest"), ""),
    **dict.fromkeys(("cancel_reason", "message", "idempotency_key", "guest_response", "meet_link")),
    "answers": {},
    "guests": [],
    "utm": {},
}


@dataclass(frozen=True)
class HostErased:
    """`revoked`: Google confirmed that our access is over; `upcoming` events stay in Google."""

    bookings: int
    upcoming: int
    revoked: bool


def host(google: Google, found: Host, now: int) -> HostErased:
    """Revoke our access at Google, and remove everything that is stored of a host.

    What is being booked or changed at this moment is waited for, or comes to an end. The events
    that were made stay in the host's calendar, and nobody is told.
    """
    _close(found)
    _end_what_is_open(google, found, now)
    made = rows.bookings(found)
    upcoming = sum(each.status in models.ACTIVE and each.end_at > now for each in made)
    revoked = google.revoke(found)
    with models.write():
        webhooks.forget_host(found)
        Host.delete().where(Host.id == found.id).execute()  # all other tables go along
    return HostErased(len(made), upcoming, revoked)


def _close(host: Host) -> None:
    """Offer nothing any more: nothing new begins."""
    with models.locked(host) as now:
        document = load_document(now.settings)
        events = [each.model_copy(update={"active": False}) for each in document.event_types]
        closed = document_json(document.model_copy(update={"event_types": events}))
        models.note(host, settings=closed, revision=Host.revision + 1)
        one_off.forget(host)  # they offer what is switched off, too


def _end_what_is_open(google: Google, host: Host, now: int) -> None:
    """Wait for those who talk to Google about a booking, for as long as they may take; what nobody
    knows the outcome of then is cancelled."""
    pending = rows.with_hosts().where(Booking.host == host, Booking.status == "pending")
    until = time.monotonic() + google.patience.budget_seconds
    while time.monotonic() < until and pending.where(Booking.settle_after > clock.now()).exists():
        time.sleep(LOOK_SECONDS)
    for booking in pending:
        _cancelled(google, booking, now)


def disconnect(google: Google, found: Host, now: int) -> bool:
    """Revoke our access at Google and forget the tokens; whether Google confirmed it."""
    revoked = google.revoke(found)
    tokens = dict.fromkeys(("refresh_token", "access_token", "token_expires_at"))
    models.note(found, **tokens, disconnected_at=now, disconnected_reason=BY_HOST)
    return revoked


def guest(google: Google, email: str, now: int) -> Counter[str]:
    """Remove what is stored of a guest; what is still to come is cancelled in Google first.

    A booking that Google does not let go of now is `kept`, since nobody could cancel it later; one
    that is over and whose event may still be there (`leftover`) is, until the rounds have seen to
    it. How many they are, how many were `removed`, how many of these were still to come
    (`cancelled`), and of how many somebody else is the guest (`extra`).
    """
    done: Counter[str] = Counter()
    for booking in bookings_of_guest(email):
        stood = booking.status in models.ACTIVE and booking.end_at > now
        if stood and not _cancelled(google, booking, now):
            done["kept"] += 1
        elif booking.end_at > now and rows.as_it_is(booking).leftover:
            done["leftover"] += 1
        else:
            Booking.delete().where(Booking.id == booking.id).execute()
            done.update(removed=1, cancelled=int(stood))
    done["extra"] = _forget_extra_guest(email)
    return done


def _cancelled(google: Google, booking: Booking, now: int) -> bool:
    try:
        return act.cancel(google, booking, "", act.HOST, now).status == "cancelled"
    except NotBooked:
        return False


def bookings_of_guest(email: str) -> list[Booking]:
    """All bookings that a guest made, with any host."""
    theirs = peewee.fn.LOWER(Booking.guest_email) == email.lower()
    return list(rows.with_hosts().where(theirs).order_by(Booking.start_at))


def bookings_with(email: str) -> list[Booking]:
    """All bookings that somebody was invited to as a further guest."""
    wanted = email.lower()
    listed = peewee.fn.LOWER(Booking.guests).coerce(False).contains(wanted)
    found = rows.with_hosts().where(listed).order_by(Booking.start_at)
    return [each for each in found if wanted in map(str.lower, each.guests)]


def _forget_extra_guest(email: str) -> int:
    """Take an address off the lists of further guests; from how many bookings."""
    found = bookings_with(email)
    for booking in found:
        left = [each for each in booking.guests if each.lower() != email.lower()]
        models.note(booking, guests=left)
        mail.forget(booking, email)
        webhooks.forget_words(booking)
    return len(found)


# --- after a while --------------------------------------------------------------------------------


def wipe(days: int, now: int) -> int:
    """Wipe what guests said of bookings that ended so many days ago (0: of none); how many they
    were. That there was a booking, when and of which kind, stays."""
    wiped = 0
    while days:
        past = Booking.select(Booking.id).where(
            Booking.end_at < now - days * clock.DAY, Booking.guest_email != "", ~models.UNSETTLED
        )
        ids = [each.id for each in past.limit(AT_ONCE)]
        if not ids:
            break
        with models.write():
            for told in (Mailing, webhooks.Delivery):  # what receivers said to it goes along
                told.delete().where(told.booking.in_(ids)).execute()
            wiped += Booking.update(WIPED).where(Booking.id.in_(ids)).execute()
    return wiped
