"""What is known of the guests of past bookings, wiped after BOOKING_RETENTION_DAYS."""

from __future__ import annotations

from typing import Any

import models
from models import Booking
from widget.booking import mail, outbox
from widget.core.clock import DAY

AT_ONCE = 200  # bookings in one transaction
WIPED: dict[str, Any] = {
    **dict.fromkeys(("guest_name", "guest_email", "notes", "tz", "language", "body_digest"), ""),
    **dict.fromkeys(("cancel_reason", "message", "idempotency_key"), None),
    **dict.fromkeys(("guest_response", "meet_link"), None),
    "answers": {},
    "guests": [],
    "utm": {},
}


def wipe(days: int, now: int) -> int:
    """Wipe what guests said of bookings that ended so many days ago (0: of none); how many they
    were. That there was a booking, when and of which kind, stays."""
    wiped = 0
    while days:
        past = Booking.select(Booking.id).where(
            Booking.end_at < now - days * DAY, Booking.guest_email != "", ~models.UNSETTLED
        )
        ids = [each.id for each in past.limit(AT_ONCE)]
        if not ids:
            break
        with models.write():
            mail.forget_all(ids)
            outbox.forget(ids)
            wiped += Booking.update(WIPED).where(Booking.id.in_(ids)).execute()
    return wiped
