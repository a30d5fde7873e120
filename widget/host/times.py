"""The next free times of an event type, to paste into an e-mail: each leads to its form."""

from typing import Any

from babel import Locale
from flask import request

import models
from widget.booking.target import Target
from widget.core import clock, zones
from widget.core.document import Settings
from widget.host import bookings
from widget.text import language
from widget.text.language import gettext as _
from widget.web import service

DAYS, A_DAY = 4, 4


def view(host: models.Host, document: Settings) -> dict[str, Any]:
    """The times of the event type that the address names, in its language and zone."""
    given = request.args
    event = document.event_type(given.get("times"))
    tz = zones.zone(given.get("times_tz", ""), document.time_zone)
    spoken = given.get("times_lang", "")
    spoken = spoken if spoken in language.languages() else language.SOURCE
    if event is None:
        return {"event": None}
    with language.speaking(spoken):
        found = bookings.free(Target(host, document, event), tz, clock.now(), DAYS)
        return {
            "event": event,
            "tz": tz.key,
            "language": spoken,
            "path": f"{service.config().public_url}/book/{document.handle}/{event.slug}",
            "days": [
                (language.full_date(day), [(at, language.clock(at, tz)) for at in starts[:A_DAY]])
                for day, starts in found["days"]
            ],
            "trouble": found["trouble"],
            "said": _("Book a time with %(host)s.") % {"host": document.display_name},
            "zone": _("Times in %(zone)s") % {"zone": language.zone_label(tz, clock.now())},
            "length": language.minutes(event.duration),
            "direction": language.direction(),
            "languages": _languages(),
        }


def _languages() -> list[tuple[str, str]]:
    """Tag and English name, by name."""
    named = [(tag, str(Locale.parse(tag).get_display_name("en"))) for tag in language.languages()]
    return sorted(named, key=lambda each: each[1])
