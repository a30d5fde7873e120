"""The settings page's answer to "why is this closed?"."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import request

import models
from widget.booking.errors import CalendarDisconnected, CalendarUnavailable, NotBooked
from widget.booking.offer import offer_for
from widget.booking.target import Target
from widget.core import clock
from widget.core.document import Settings
from widget.core.fields import minutes
from widget.guest.days import read_date
from widget.host import why
from widget.text.language import gettext as _
from widget.web import service


def view(host: models.Host, document: Settings) -> dict[str, Any]:
    """What was asked, and the answers: `reasons`, or why there are none.

    More than one where a clock that was set back shows the time twice.
    """
    event, day, time = (request.args.get(f"why_{name}", "") for name in ("event", "date", "time"))
    asked: dict[str, Any] = {
        "event": event,
        "date": day,
        "time": time,
        "fault": None,
        "answers": [],
    }
    kind = next((each for each in document.event_types if each.slug == event), None)
    if kind is None or not (day or time):
        return asked
    zone = ZoneInfo(document.time_zone)
    try:
        found = _instants(day, time, zone)
    except ValueError:
        return {**asked, "fault": _("Give a date and a time such as 09:30.")}
    if not found:
        return {
            **asked,
            "fault": _("This time does not exist on that date: clocks are set forward over it."),
        }
    answers = [_answer(Target(host, document, kind), at, zone) for at in found]
    for answer, turn in zip(answers, _turns() if len(found) > 1 else ("",), strict=True):
        answer["moment"] += turn
    return {**asked, "answers": answers}


def _turns() -> tuple[str, str]:
    return _(", before the clock is set back"), _(", after the clock is set back")


def _instants(day: str, time: str, zone: ZoneInfo) -> list[int]:
    """When clocks in a zone show this time: twice where they are set back over it, never where
    they are set forward. 24:00 is the end of the date. Raises ValueError."""
    at, found = minutes(time), read_date(day)
    shown = datetime(found.year, found.month, found.day) + timedelta(minutes=at)  # noqa: DTZ001
    both = [shown.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
    real = [each for each in both if each.astimezone(zone).replace(tzinfo=None) == shown]
    return [int(each.timestamp()) for each in dict.fromkeys(real)]


def _answer(target: Target, at: int, zone: ZoneInfo) -> dict[str, Any]:
    answer: dict[str, Any] = {"moment": why.moment(at, zone), "reasons": [], "trouble": None}
    try:
        offer = offer_for(target, service.calendar_of(target.host), clock.now())
        answer["reasons"] = why.said(service.google(), offer, at)
    except CalendarDisconnected:
        answer["trouble"] = _("No time is offered: your calendar is not connected.")
    except CalendarUnavailable:
        answer["trouble"] = _("No time is offered at the moment: Google does not answer.")
    except NotBooked as error:
        answer["trouble"] = _("No time is offered: %(why)s.") % {"why": error}
    answer["inactive"] = not target.event.active
    return answer
