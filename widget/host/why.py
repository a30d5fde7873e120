"""Why a time is not offered, in words: for the settings page and for `flask explain`."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import models
from widget.booking import rows
from widget.booking.offer import Offer
from widget.core.slots import Reason
from widget.google.client import Google
from widget.host import calendars
from widget.text import language
from widget.text.language import gettext as _


@dataclass(frozen=True)
class Said:
    """A reason: the slot core's `code`, a sentence, and what in particular (never an event)."""

    code: str
    words: str
    detail: str

    def __str__(self) -> str:
        end = f" ({self.detail})" if self.detail else ""
        return f"{self.code}: {self.words}{end}"


def said(google: Google, offer: Offer, at: int) -> list[Said]:
    """Every reason why no slot starts then; none exactly when one is offered."""
    return [
        Said(reason.code, _words()[reason.code], _detail(google, offer, reason))
        for reason in offer.reasons(at)
    ]


def moment(at: int, tz: ZoneInfo) -> str:
    """Tuesday, 1 December 2026, 09:00 Europe/Lisbon"""
    return f"{language.full_date(language.today(at, tz))}, {language.clock(at, tz)} {tz.key}"


def _detail(google: Google, offer: Offer, reason: Reason) -> str:
    if reason.code == "busy":
        return calendars.of(google, offer.host, offer.now).name(reason.detail)
    if reason.code == "booking":
        booking = rows.booking_by_id(reason.detail)
        return _booking(booking, offer.rules.tz) if booking else ""
    return reason.detail


def _booking(booking: models.Booking, tz: ZoneInfo) -> str:
    when = language.clock_range(booking.start_at, booking.end_at, tz)
    return f"{booking.promise['title']}, {when}"


def _words() -> dict[str, str]:
    return {
        "past": _("it has begun"),
        "notice": _("it is sooner than the minimum notice allows"),
        "window": _("its date is beyond the booking window"),
        "closed": _("there are no open hours on this weekday"),
        "override": _("it is outside the hours that a date override sets for this date"),
        "hours": _("it does not lie wholly within the open hours"),
        "grid": _("slots do not start at this minute"),
        "busy": _("a busy calendar holds it, buffers included"),
        "booking": _("a booking holds it, buffers included"),
        "day_limit": _("the day has all the bookings it may have"),
        "week_limit": _("the week has all the bookings it may have"),
    }
