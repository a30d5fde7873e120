"""What a host does with bookings: cancel, move, mark, download."""

from contextlib import suppress
from dataclasses import replace

from flask import Response, abort, redirect, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

import models
from models import Booking
from widget.booking import act as booking_act
from widget.booking import export, rows
from widget.booking.errors import NotBooked
from widget.core import characters, clock
from widget.core.document import load_document
from widget.guest import params
from widget.host import bookings_view, moving
from widget.host.page import address
from widget.host.views import whole
from widget.web import service
from widget.web.audience import Audience, Room

blueprint = Room("host_bookings", __name__, Audience.HOST)

REASON_LENGTH = 500


@blueprint.route("/settings/bookings/<id>/move", methods=["GET", "POST"])
def move(id: str) -> ResponseReturnValue:
    """The steps of the picker, then the move. Google tells the guest."""
    booking, given, post = _own(id), request.values, request.method == "POST"
    try:
        if post and not (given.get("step") or given.get("next")):
            return redirect(address("bookings", done=_move(booking)), 303)
        return moving.step(booking, given)
    except NotBooked as error:
        with suppress(NotBooked):
            if post:
                return moving.step(rows.as_it_is(booking), given, error)
        return _not_done(booking, error)


@blueprint.get("/settings/bookings/<id>/<act>")
def back_to_booking(id: str, act: str) -> ResponseReturnValue:
    """A change's own address, reloaded, is the page with the booking again."""
    if not rows.BOOKING_ID.fullmatch(id):
        abort(404)
    return redirect(address(f"booking-{id}", booking=id, act=act), 303)


@blueprint.post("/settings/bookings/<id>/<act>")
def change(id: str, act: str) -> ResponseReturnValue:
    """Cancel, or mark as no-show and back. Google tells the guest of the first."""
    booking = _own(id) if act in ("cancel", "no-show", "came") else abort(404)
    try:
        done = _cancel(booking) if act == "cancel" else _mark(booking, act)
    except NotBooked as error:
        return _not_done(booking, error)
    return redirect(address("bookings", done=done), 303)


def _own(id: str) -> Booking:
    """The booking of the host who is signed in; answers 404 when there is none."""
    return rows.booking_of(current_user.host.id, id) or abort(404)


def _not_done(booking: Booking, error: NotBooked) -> ResponseReturnValue:
    """The page, with why; what was typed is kept."""
    host = models.host_by_id(booking.host_id) or abort(404)
    status = 503 if error.code.startswith("calendar") else 409
    said, typed = bookings_view.refused(error), request.form.get("reason", "")
    return whole(host, status, bookings={"said": said, "code": error.code, "typed": typed})


def _text(name: str) -> str:
    """What was typed to the guest."""
    return characters.without_controls(request.form.get(name, ""))[:REASON_LENGTH].strip()


def _cancel(booking: Booking) -> str:
    reason = _text("reason")
    after = booking_act.cancel(service.google(), booking, reason, booking_act.HOST, clock.now())
    return "cancelled" if after.status == "cancelled" else "pending"


def _move(booking: Booking) -> str:
    start = params.start(request.form)
    mover = replace(booking_act.HOST, message=_text("message"))
    after = booking_act.reschedule(service.google(), booking, start, mover, clock.now())
    return "moved" if after.status == "confirmed" else "pending"


def _mark(booking: Booking, act: str) -> str:
    """Note that the guest did not come, or did after all, to a booking that has begun."""
    now = clock.now()
    begun = Booking.status == "confirmed", Booking.start_at <= now
    marked = models.note(booking, *begun, no_show=act == "no-show", updated_at=now)
    return act if marked else ""


# --- as a file -----------------------------------------------------------------------------------


@blueprint.get("/settings/bookings.csv")
def download() -> ResponseReturnValue:
    """What the section shows, all pages of it, with the columns of `flask bookings list`."""
    host = current_user.host
    found = bookings_view.asked_for(host, load_document(host.settings), clock.now())
    response = Response(export.as_csv(found), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = "attachment; filename=bookings.csv"
    return response
