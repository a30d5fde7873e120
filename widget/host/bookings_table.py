"""Bookings as rows: one form for the command line and for the settings page's CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any

import models
from widget.core.clock import to_rfc3339

COLUMNS = (
    "id", "event", "title", "start", "end", "status", "guest_name", "guest_email", "meet_link",
    "google_event_id", "created", "utm",
)  # fmt: skip


def row(booking: models.Booking) -> dict[str, Any]:
    values = (
        booking.id,
        booking.event,
        booking.promise["title"],
        to_rfc3339(booking.start_at),
        to_rfc3339(booking.end_at),
        booking.status,
        booking.guest_name,
        booking.guest_email,
        booking.meet_link,
        booking.google_event_id,
        to_rfc3339(booking.created_at),
        booking.utm,
    )
    return dict(zip(COLUMNS, values, strict=True))


def as_csv(bookings: Iterable[models.Booking]) -> str:
    """RFC 4180, but for the line ends, with a header; the campaign in columns of its own."""
    rows = [row(booking) for booking in bookings]
    campaigns = sorted({name for each in rows for name in each["utm"]})
    text = io.StringIO()
    writer = csv.DictWriter(text, [*COLUMNS[:-1], *campaigns], lineterminator="\n")
    writer.writeheader()
    for each in rows:
        flat = {**each, **each["utm"]}
        del flat["utm"]
        writer.writerow({name: _cell(value) for name, value in flat.items()})
    return text.getvalue()


def _cell(value: Any) -> Any:
    """A spreadsheet takes a cell that starts like this for a formula (OWASP, CSV injection)."""
    risky = isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r")
    return f"'{value}" if risky else value
