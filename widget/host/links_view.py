"""One-off links as the settings page lists them, and the form for a new one."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from flask import request

import models
from widget.booking import one_off
from widget.booking.one_off import OneOffLink
from widget.booking.target import Target
from widget.core import clock
from widget.core.document import Settings
from widget.host import bookings_view
from widget.text import language
from widget.web import service

DAYS = 6  # whose free times are shown to choose from
STATES = {"open": "open", "used": "used up", "expired": "expired", "revoked": "revoked"}


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
                "code": each.code,
                "title": each.title or titles.get(each.event, each.event),
                "address": one_off.address(config, host.handle, each),
                "state": STATES[each.state(now)],
                "facts": " · ".join(_facts(each, zone)),
                "open": each.state(now) == "open",
                "made": each.code == request.args.get("made"),
            }
            for each in one_off.listed(host)
        ],
        "event": event,
        "given": given,
        "ticked": given.getlist("times"),
        "faults": faults,
        "free": event and bookings_view.free(Target(host, document, event), zone, now, DAYS),
    }


def _facts(link: OneOffLink, zone: ZoneInfo) -> list[str]:
    found = [f"booked {link.used} of {link.uses} time{'s' if link.uses > 1 else ''}"]
    if link.times:
        found.append(f"{len(link.times)} time{'s' if len(link.times) > 1 else ''} of its own")
    if link.expires_at is not None:
        found.append(f"until {language.short_moment(link.expires_at, zone)}")
    return found
