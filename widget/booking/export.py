"""Bookings as rows, for programs and spreadsheets: in the settings page and on the command line."""

import csv
import io
import re
from collections.abc import Callable, Iterable
from typing import Any

from models import Booking
from widget.booking import rows, webhooks
from widget.core.clock import to_rfc3339

#: A booking as the interface lists it.
COLUMNS: dict[str, Callable[[Booking], Any]] = {
    "id": lambda booking: booking.id,
    "event": lambda booking: booking.event,
    "title": lambda booking: booking.promise["title"],
    "start": lambda booking: to_rfc3339(booking.start_at),
    "end": lambda booking: to_rfc3339(booking.end_at),
    "status": lambda booking: booking.status,
    "guest_name": lambda booking: booking.guest_name,
    "guest_email": lambda booking: booking.guest_email,
    "meet_link": rows.meeting_link,
    "google_event_id": lambda booking: booking.google_event_id,
    "created": lambda booking: to_rfc3339(booking.created_at),
}
#: What a file of them says besides.
SAID: dict[str, Callable[[Booking], Any]] = {
    "tz": lambda booking: booking.tz,
    "guests": lambda booking: ", ".join(booking.guests),
    "notes": lambda booking: booking.notes,
    "reason": lambda booking: booking.cancel_reason,
    "no_show": lambda booking: booking.no_show,
}
#: Where a spreadsheet looks for a formula (OWASP, CSV injection): at the start of a cell, and
#: after what its settings may take for the end of one, be there quotes or spaces between; in any
#: width in which a sign is written
_FORMULA = re.compile(r"(^|[;|\t\r\n])(?=[\"'\s]*[=+\-@＝＋－＠﹢﹣﹦﹫−]|[\t\r])")


def row(booking: Booking) -> dict[str, Any]:
    """The booking as the interface lists it."""
    return {name: read(booking) for name, read in COLUMNS.items()} | {"utm": booking.utm}


def invited_to(booking: Booking) -> dict[str, Any]:
    """What concerns somebody whom another guest brought along."""
    names = ("id", "event", "title", "start", "end", "status")
    return {"host": booking.host.handle} | {name: row(booking)[name] for name in names}


def all_of(booking: Booking) -> dict[str, Any]:
    """All that is stored of a guest with a booking."""
    names = ("tz", "language", "notes", "answers", "guests", "message")
    said = {name: getattr(booking, name) for name in names}
    more = {"reason": booking.cancel_reason, "host": booking.host.handle}
    return {**row(booking), **said, **more, "told_by_webhook": webhooks.told(booking)}


def as_csv(bookings: Iterable[Booking]) -> str:
    """RFC 4180, but for the line ends, with a header: the same and all that a guest said, with a
    column for each question (`question-topic`) and parameter of a campaign (`utm_source`)."""
    rows = [_whole(booking) for booking in bookings]
    more = sorted({name for each in rows for name in each} - {*COLUMNS, *SAID})
    columns = (*COLUMNS, *SAID, *more)
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(map(_cell, columns))
    writer.writerows([_cell(each.get(name)) for name in columns] for each in rows)
    return text.getvalue()


def _whole(booking: Booking) -> dict[str, Any]:
    """All columns of a booking; no campaign's parameter takes the place of one of ours."""
    asked = {f"question-{id}": answer for id, answer in booking.answers.items()}
    own = {name: read(booking) for name, read in (COLUMNS | SAID).items()}
    return {**booking.utm, **asked, **own}


def words(said: str | bool) -> str:
    """An answer of a guest; a box is ticked or not."""
    return said if isinstance(said, str) else "yes" if said else "no"


def _cell(value: Any) -> str:
    """The text, in which nothing can be taken for a formula."""
    return _FORMULA.sub(r"\1'", "" if value is None else words(value))
