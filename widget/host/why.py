"""Why a time is not offered, in words: for the settings page and for `flask explain`."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import request

import models
from widget.booking import rows
from widget.booking.errors import CalendarDisconnected, CalendarUnavailable, NotBooked
from widget.booking.offer import Bookable, offer_for
from widget.booking.target import Target
from widget.core import clock
from widget.core.document import Settings
from widget.core.fields import minutes
from widget.core.slots import Reason
from widget.google.client import Google
from widget.guest.days import read_date
from widget.host import calendars
from widget.host.page import WORDS
from widget.text import language
from widget.web import service


@dataclass(frozen=True)
class Explained:
    """A reason: the slot core's `code`, a sentence, and what in particular (never an event)."""

    code: str
    words: str
    detail: str

    def __str__(self) -> str:
        end = f" ({self.detail})" if self.detail else ""
        return f"{self.code}: {self.words}{end}"


def explained(google: Google, offer: Bookable, at: int) -> list[Explained]:
    """Every reason why no slot starts then; none exactly when one is offered."""
    return [
        Explained(reason.code, WORDS["why_closed"][reason.code], _detail(google, offer, reason))
        for reason in offer.reasons(at)
    ]


def moment(at: int, tz: ZoneInfo) -> str:
    """Tuesday, 1 December 2026, 09:00 Europe/Lisbon"""
    return f"{language.full_date(language.today(at, tz))}, {language.clock(at, tz)} {tz.key}"


def _detail(google: Google, offer: Bookable, reason: Reason) -> str:
    if reason.code == "busy":
        return calendars.listed(google, offer.host, offer.now).name(reason.detail)
    if reason.code == "booking":
        booking = rows.booking_by_id(reason.detail)
        return _booking(booking, offer.rules.tz) if booking else ""
    return reason.detail


def _booking(booking: models.Booking, tz: ZoneInfo) -> str:
    when = language.clock_range(booking.start_at, booking.end_at, tz)
    return f"{booking.promise['title']}, {when}"


# --- asked on the settings page ------------------------------------------------------------------


def view(host: models.Host, document: Settings) -> dict[str, Any]:
    """What was asked, and the answers: `reasons`, or why there are none.

    More than one where a clock that was set back shows the time twice.
    """
    asked = {name: request.args.get(f"why_{name}", "") for name in ("event", "date", "time")}
    shown: dict[str, Any] = {**asked, "fault": None, "answers": []}
    event, zone = document.event_type(asked["event"]), ZoneInfo(document.time_zone)
    if event is None or not (asked["date"] or asked["time"]):
        return shown
    try:
        found = _instants(asked["date"], asked["time"], zone)
    except ValueError:
        return {**shown, "fault": "Give a date and a time such as 09:30."}
    if not found:
        skipped = "This time does not exist on that date: clocks are set forward over it."
        return {**shown, "fault": skipped}
    target, turns = Target(host, document, event), TURNS if len(found) > 1 else ("",)
    answers = [_answer(target, *each, zone) for each in zip(found, turns, strict=True)]
    return {**shown, "answers": answers}


TURNS = (", before the clock is set back", ", after the clock is set back")


def _instants(day: str, time: str, zone: ZoneInfo) -> list[int]:
    """When clocks in a zone show this time: twice where they are set back over it, never where
    they are set forward. 24:00 is the end of the date. Raises ValueError."""
    at, found = minutes(time), read_date(day)
    shown = datetime(found.year, found.month, found.day) + timedelta(minutes=at)  # noqa: DTZ001
    both = [shown.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
    real = [each for each in both if each.astimezone(zone).replace(tzinfo=None) == shown]
    return [int(each.timestamp()) for each in dict.fromkeys(real)]


def _answer(target: Target, at: int, turn: str, zone: ZoneInfo) -> dict[str, Any]:
    inactive, said = not target.event.active, moment(at, zone) + turn
    answer: dict[str, Any] = {"moment": said, "reasons": [], "trouble": None, "inactive": inactive}
    try:
        offer = offer_for(target, service.calendar_of(target.host), clock.now())
        answer["reasons"] = explained(service.google(), offer, at)
    except CalendarDisconnected:
        answer["trouble"] = "No time is offered: your calendar is not connected."
    except CalendarUnavailable:
        answer["trouble"] = "No time is offered at the moment: Google does not answer."
    except NotBooked as error:
        answer["trouble"] = f"No time is offered: {error}."
    return answer
