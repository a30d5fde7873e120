"""The settings page's answer to "why is this closed?" (part of the host blueprint)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import request

import models
from widget import bookings, web, why
from widget.bookings import CalendarDisconnected, NotBooked
from widget.language import gettext as _
from widget.picker import read_date
from widget.settings import EventType, Settings, minutes


def view(host: models.Host, document: Settings) -> dict[str, Any]:
    """What was asked, and the answer: `reasons`, or why there is none."""
    event, day, time = (request.args.get(f"why_{name}", "") for name in ("event", "date", "time"))
    asked = {"event": event, "date": day, "time": time, "fault": None, "answer": None}
    kind = next((each for each in document.event_types if each.slug == event), None)
    if kind is None or not (day or time):
        return asked
    zone = ZoneInfo(document.time_zone)
    try:
        at = _instant(day, time, zone)
    except ValueError:
        return {**asked, "fault": _("Give a date and a time such as 09:30.")}
    return {**asked, "answer": _answer(host, kind, at, zone)}


def _instant(day: str, time: str, zone: ZoneInfo) -> int:
    """A wall-clock time as an instant (the first of two where it is repeated)."""
    at, found = minutes(time), read_date(day)
    moment = datetime(found.year, found.month, found.day, at // 60 % 24, at % 60, tzinfo=zone)
    return int(moment.timestamp())


def _answer(host: models.Host, event: EventType, at: int, zone: ZoneInfo) -> dict[str, Any]:
    answer: dict[str, Any] = {"moment": why.moment(at, zone), "reasons": [], "trouble": None}
    try:
        offer = bookings.offer(web.google(), host, event, web.now())
        answer["reasons"] = why.said(web.google(), offer, at)
    except CalendarDisconnected:
        answer["trouble"] = _("No time is offered: your calendar is not connected.")
    except NotBooked:
        answer["trouble"] = _("No time is offered at the moment: Google does not answer.")
    answer["inactive"] = not event.active
    return answer
