"""What a guest is shown of a booking: the confirmation, and ways to put it in a calendar."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import models
from widget.booking import guest_input, links, rows
from widget.config import Config
from widget.core import contact, zones
from widget.core.clock import to_rfc3339
from widget.core.document import Settings
from widget.core.locations import LOCATIONS
from widget.text import language
from widget.text.language import gettext as _

JOIN_SECONDS = 15 * 60  # before the start, from when on joining is what the page is for


def location_label(location: str, detail: str) -> str:
    labels = {"google_meet": "Google Meet", "phone": _("Phone call"), "link": _("Video call")}
    return labels.get(location, detail)


def view(config: Config, booking: models.Booking, document: Settings, now: int) -> dict[str, Any]:
    """What the booking's page shows beside the booking itself: times in the guest's zone, and the
    host's if it differs."""
    start, end, url = booking.start_at, booking.end_at, links.booking_url(config, booking.id)
    host_tz = ZoneInfo(document.time_zone)
    guest_tz = zones.zone(booking.tz, host_tz.key)
    if LOCATIONS[booking.promise["location"]].visits:
        guest_tz = host_tz
    differs = language.zone_offset(guest_tz, start) != language.zone_offset(host_tz, start)
    return {
        "event": f"{document.handle}/{booking.event}",
        "guest_email": contact.readable_email(booking.guest_email),
        "guests": [*map(contact.readable_email, booking.guests)],
        "answers": _answers(booking, document),
        "by_host": rows.is_hosts_own(booking),  # Google writes to guests, not to the organizer
        "start": to_rfc3339(start),
        "end": to_rfc3339(end),
        "soon": start - JOIN_SECONDS <= now < end,
        "when_label": language.full_range(start, end, guest_tz),
        "tz": guest_tz,
        "host_tz": host_tz if differs else None,
        "meet_link": rows.meeting_link(booking),
        "location": location_of(booking),
        "url": url,
        "path": url.removeprefix(config.public_url),
    }


def _answers(booking: models.Booking, document: Settings) -> list[dict[str, Any]]:
    """What the guest answered to the questions that are still asked, in their order."""
    event = document.event_type(booking.event)
    asked = guest_input.questions(event) if event else ()
    return [
        {"label": each.label, "kind": each.kind, "said": booking.answers[each.id]}
        for each in asked
        if booking.answers.get(each.id)
    ]


def location_of(booking: models.Booking) -> str:
    """Where to be: the Meet link, or the place or number that was promised."""
    kind = LOCATIONS[booking.promise["location"]]
    return rows.meeting_link(booking) or "" if kind.meets or kind.secret else rows.place(booking)


def ics(config: Config, booking: models.Booking, document: Settings) -> bytes:
    """The booking as RFC 5545; its UID is that of Google's event, so that a calendar that has
    the invitation too shows one event."""
    import icalendar  # a sixth of the time that a process takes to start

    stands = {"pending": "TENTATIVE", "confirmed": "CONFIRMED"}
    event = icalendar.Event.new(
        uid=f"{booking.google_event_id}@google.com",
        stamp=datetime.fromtimestamp(booking.updated_at, UTC),
        start=datetime.fromtimestamp(booking.start_at, UTC),
        end=datetime.fromtimestamp(booking.end_at, UTC),
        summary=f"{booking.promise['title']} ({document.display_name})",
        description=links.booking_url(config, booking.id),
        url=links.booking_url(config, booking.id),
        sequence=booking.sequence,
        location=location_of(booking) or None,
    )
    event.add("status", stands.get(booking.status, "CANCELLED"))
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Meetslot//EN")
    calendar.add("version", "2.0")
    calendar.add_component(event)
    return bytes(calendar.to_ical())
