"""A host picks a new time for a booking, in the picker that guests know."""

from typing import Any, Self
from zoneinfo import ZoneInfo

from flask import url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf
from werkzeug.datastructures import MultiDict

from models import Booking
from widget.booking.errors import NotBooked
from widget.guest import booking as guest_booking
from widget.guest import page as guest_page
from widget.guest import steps
from widget.host import bookings, signin
from widget.host.page import address
from widget.text import language
from widget.web import messages

Form = MultiDict[str, str]


class Moving(guest_booking.Moving):
    """A new time is picked by the host, whose clock counts; the message to the guest goes along."""

    details = ("message",)
    by = "host"

    @classmethod
    def of(cls, booking: Booking) -> Self:
        """Raises NotBooked when it cannot be moved."""
        made = super().of(booking)
        zone = ZoneInfo(made.document.time_zone)
        made.view["when_label"] = language.full_range(booking.start_at, booking.end_at, zone)
        return made

    @property
    def address(self) -> str:
        return url_for("acts.move", id=self.booking.id)

    @property
    def secret(self) -> list[tuple[str, str]]:
        return [("csrf_token", generate_csrf()), ("host", signin.signed_in_as())]

    def page(self, title: str, given: Form) -> dict[str, Any]:
        """The guest stands where guests see their host."""
        page, id, name = super().page(title, given), self.booking.id, self.booking.guest_name
        who = {"display_name": name, "initials": guest_page.initials(name)}
        page["host"] = {**page["host"], **who, "picture": None, "contact": ""}
        leave = address(f"booking-{id}", booking=id)
        return {**page, "leave": leave, "message": given.get("message", "")}

    def alert(self, error: NotBooked | None) -> dict[str, str] | None:
        said = error and {"code": error.code, "message": bookings.refused(error)}
        return said or None


def step(booking: Booking, sent: Form, error: NotBooked | None = None) -> ResponseReturnValue:
    """The picker, or the step that asks whether it is the right time. After an `error` fresh times
    where the chosen one cannot be had, else that step again; both keep the message.

    Raises NotBooked when it cannot be moved at all.
    """
    moving, given = Moving.of(booking), MultiDict(sent)
    given.setdefault("tz", moving.document.time_zone)
    if error is None:
        return steps.show(moving, given)
    if error.code in ("slot_taken", "slot_unavailable", "invalid_request"):
        return steps.times(moving, given, error)
    return messages.with_retry(moving.chosen(given, error), error)
