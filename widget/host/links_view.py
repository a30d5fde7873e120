"""One-off links as the settings page lists them, and the form for a new one."""

from typing import Any
from zoneinfo import ZoneInfo

from flask import request

import models
from widget.booking import one_off
from widget.booking.target import Target
from widget.core import clock
from widget.core.document import Settings
from widget.host import bookings_view
from widget.web import service

DAYS = 6  # whose free times are shown to choose from


def view(host: models.Host, document: Settings, faults: dict[str, str]) -> dict[str, Any]:
    """All links, and the form for a new one: with what was typed, and the next free times of its
    event type to choose from."""
    config, now = service.config(), clock.now()
    zone, given = ZoneInfo(document.time_zone), request.form if faults else request.args
    wanted = given.get("event" if faults else "link", "")
    event = document.event_type(wanted)
    titles = {each.slug: each.title for each in document.event_types}
    return {
        "rows": [
            {
                "link": each,
                "title": each.title or titles.get(each.event, each.event),
                "address": one_off.address(config, host.handle, each),
                "state": each.state(now),
            }
            for each in one_off.listed(host)
        ],
        "event": event,
        "given": given,
        "ticked": given.getlist("times"),
        "faults": faults,
        "free": event and bookings_view.free(Target(host, document, event), zone, now, DAYS),
    }
