"""How much Google may mail one person because of what guests do, whose addresses anybody may type.

Counted for mailboxes, of guests and extra guests alike, over all hosts. Call within
models.locked(host).
"""

from collections import Counter
from collections.abc import Iterable

import models
from models import Mailing
from widget.booking.errors import TooManyBookings
from widget.core import contact
from widget.core.clock import DAY, HOUR

ACTIVE_PER_PERSON = 10
MAILS, MAIL_SECONDS = 20, HOUR  # in so long

_OF = "FROM mailing JOIN booking ON booking.id = booking_id WHERE mailbox = ? AND"
_ACTIVE = f"SELECT COUNT(DISTINCT id) {_OF} status IN ('pending', 'confirmed') AND end_at > ?"
#: Of a booking that Google refused nobody was mailed.
_SENT = f"SELECT sent_at {_OF} status <> 'failed' AND sent_at > ? ORDER BY 1 DESC LIMIT 1 OFFSET ?"


def check_active(addresses: Iterable[str], now: int) -> None:
    """Raises TooManyBookings when one of these people has as many bookings to come as may be."""
    for mailbox in {contact.mailbox(each) for each in addresses}:
        if models.read(_ACTIVE, mailbox, now)[0][0] >= ACTIVE_PER_PERSON:
            raise TooManyBookings(DAY)


def count(booking: models.Booking, now: int) -> None:
    """Note that all guests of a booking are mailed. Raises TooManyBookings: then none is."""
    told = Counter(map(contact.mailbox, (booking.guest_email, *booking.guests)))
    for mailbox, number in told.items():
        latest = models.read(_SENT, mailbox, now - MAIL_SECONDS, max(0, MAILS - number))
        if latest:  # when that one is forgotten, there is room again
            raise TooManyBookings(latest[0][0] + MAIL_SECONDS - now)
        if number > MAILS:
            raise TooManyBookings(MAIL_SECONDS)
    for each in told.elements():
        models.add(Mailing(booking=booking, mailbox=each, sent_at=now))


def forget(booking: models.Booking, address: str) -> None:
    """Somebody is no guest of a booking any more."""
    mailbox = contact.mailbox(address)
    Mailing.delete().where(Mailing.booking == booking, Mailing.mailbox == mailbox).execute()
