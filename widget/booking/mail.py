"""How much Google may mail one person because of what guests do, whose addresses anybody may type.

Counted for mailboxes, of guests and extra guests alike, over all hosts. Call within
models.locked(host).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import models
from models import ACTIVE, Booking, Mailing
from widget.booking.errors import TooManyBookings
from widget.core import contact
from widget.google.client import DAY

ACTIVE_PER_PERSON = 10
MAILS, MAIL_SECONDS = 20, 3600  # in so long


def check_active(addresses: Iterable[str], now: int) -> None:
    """Raises TooManyBookings when one of these people has as many bookings to come as may be."""
    for mailbox in {contact.mailbox(each) for each in addresses}:
        query = _of(mailbox).where(Booking.status.in_(ACTIVE), Booking.end_at > now)
        if query.select(Mailing.booking).distinct().count() >= ACTIVE_PER_PERSON:
            raise TooManyBookings(DAY)


def count(booking: models.Booking, now: int) -> None:
    """Note that all guests of a booking are mailed. Raises TooManyBookings: then none is."""
    told = Counter(map(contact.mailbox, (booking.guest_email, *booking.guests)))
    for mailbox, number in told.items():
        latest = _of(mailbox).where(Mailing.sent_at > now - MAIL_SECONDS)
        latest = latest.order_by(Mailing.sent_at.desc()).offset(max(0, MAILS - number)).limit(1)
        if found := latest.first():  # when that one is forgotten, there is room again
            raise TooManyBookings(found.sent_at + MAIL_SECONDS - now)
        if number > MAILS:
            raise TooManyBookings(MAIL_SECONDS)
    rows = [{"booking": booking, "mailbox": each, "sent_at": now} for each in told.elements()]
    Mailing.insert_many(rows).execute()


def forget(booking: models.Booking, address: str) -> None:
    """Somebody is no guest of a booking any more."""
    mailbox = contact.mailbox(address)
    Mailing.delete().where(Mailing.booking == booking, Mailing.mailbox == mailbox).execute()


def forget_all(bookings: list[str]) -> None:
    """Forget who was mailed about these bookings, by their ids."""
    Mailing.delete().where(Mailing.booking.in_(bookings)).execute()


def _of(mailbox: str) -> Any:
    """What was mailed there; a booking that Google refused was not."""
    query = Mailing.select().join(Booking)
    return query.where(Mailing.mailbox == mailbox, Booking.status != "failed")
