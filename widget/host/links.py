"""One-off links: how they are listed, and the form for a new one, shown and read."""

import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import request

import models
from widget.booking import one_off
from widget.booking.target import Target
from widget.core import clock
from widget.core.clock import to_rfc3339
from widget.core.document import Settings
from widget.host import bookings, forms
from widget.host.fields import Form
from widget.web import service

DAYS = 6  # whose free times are shown to choose from
_TYPED = re.compile(r"(\d{4}-\d\d-\d\d)[ T]+(\d\d:\d\d)(?:\s*[-–/]\s*(\d\d:\d\d))?")


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
        "free": event and bookings.free(Target(host, document, event), zone, now, DAYS),
    }


def wish(given: Form, document: Settings) -> dict[str, Any]:
    """What was typed and ticked for a new link; an empty field is nothing of the link's own."""
    zone = ZoneInfo(document.time_zone)
    typed = [_in_zone(line.strip(), zone) for line in given.get("more", "").splitlines()]
    return {
        "event": given.get("event", ""),
        "uses": forms.whole(given.get("uses", "")),
        "title": given.get("title", "").strip() or None,
        "duration": forms.whole(given.get("duration", "")) or None,
        "expires": given.get("expires", ""),
        "times": [*given.getlist("times"), *filter(None, typed)],
    }


def _in_zone(line: str, zone: ZoneInfo) -> str:
    """`2026-12-01 14:00`, or `2026-12-01 14:00–18:00`, in the host's zone, as RFC 3339; what is
    neither stays as it was typed."""
    day, *times = found.groups() if (found := _TYPED.fullmatch(line)) else ("",)
    try:
        typed = [datetime.fromisoformat(f"{day}T{at}") for at in times if at]
    except ValueError:
        return line
    said = "/".join(to_rfc3339(int(at.replace(tzinfo=zone).timestamp())) for at in typed)
    return said or line
