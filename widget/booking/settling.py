"""Whose turn it is to talk to Google about a booking, and when: `settle_after`, `attempts`.

An unsettled booking (UNSETTLED: pending, without its link, or with an event that has to go) may
be taken by anybody once its `settle_after` has passed. Taking it raises `attempts`: whatever
somebody else still does with the row as it was before is not done any more.
"""

from typing import Any

import peewee

import models
from models import UNSETTLED, Booking
from widget.booking import rows

LEASE_SECONDS = 60  # the longest that one talk with Google about a booking may take
LATEST_SECONDS = 600  # no lease or pause is begun for longer
AT_ONCE = 500  # bookings of a round


def take(booking: Booking, now: int, until: int) -> Booking | None:
    """Lease an unsettled booking for a talk with Google; None if somebody else has it."""
    leased = {"settle_after": until, "attempts": Booking.attempts + 1}
    taken = models.note(booking, UNSETTLED, _due(now), **leased)
    return rows.booking_by_id(booking.id) if taken else None


def let_go(booking: Booking, until: int) -> None:
    """End a lease: the next talk with Google about it may begin at `until`."""
    models.note(booking, Booking.attempts == booking.attempts, settle_after=until)


def hurry(booking: Booking, now: int) -> None:
    """Make an unsettled booking due now, unless somebody is working on it."""
    models.note(booking, UNSETTLED, Booking.settle_after > now + LEASE_SECONDS, settle_after=now)


def hurry_all(now: int) -> int:
    """The same for all of them; how many are left that somebody may be talking to Google about."""
    later = Booking.settle_after > now + LEASE_SECONDS
    Booking.update(settle_after=now).where(UNSETTLED, later).execute()
    return Booking.select().where(UNSETTLED, Booking.settle_after > now).count()


def unsettled(now: int) -> list[Booking]:
    """Bookings with something open at Google that nobody is talking to Google about."""
    found = rows.with_hosts().where(UNSETTLED, _due(now)).order_by(Booking.settle_after)
    return list(found.limit(AT_ONCE))


def waiting(since: int) -> int:
    """How many bookings have been pending since before then."""
    began = peewee.fn.COALESCE(Booking.pending_since, Booking.created_at)
    return Booking.select().where(Booking.status == "pending", began < since).count()


def by_status() -> dict[str, int]:
    """How many bookings there are, by status."""
    number = peewee.fn.COUNT(Booking.id)
    found: Any = Booking.select(Booking.status, number).group_by(Booking.status).tuples()
    return dict.fromkeys(("pending", "confirmed", "cancelled", "failed"), 0) | dict(found)


def oldest_pending() -> int | None:
    """Since when the booking has been pending that has been it for longest."""
    began = peewee.fn.MIN(peewee.fn.COALESCE(Booking.pending_since, Booking.created_at))
    found: int | None = Booking.select(began).where(Booking.status == "pending").scalar()
    return found


def open_at_google() -> int:
    """How many bookings have something open at Google."""
    return int(Booking.select().where(UNSETTLED).count())


def _due(now: int) -> Any:
    return models.over(Booking.settle_after, now, now + LATEST_SECONDS)
