"""The guest's pages from booking on: the booking's own page, its calendar file, its changes.

Only a POST books, moves or cancels.
"""

from __future__ import annotations

import hashlib
from typing import Any

from flask import Response, abort, redirect, request
from flask.typing import ResponseReturnValue
from flask_limiter import RateLimitExceeded
from werkzeug.datastructures import MultiDict

import models
from models import Booking
from widget.booking import act, guest_input, links, reconcile
from widget.booking.errors import NotActive, NotBooked, SlotUnavailable, TooManyBookings, UnderWay
from widget.booking.offer import refusal
from widget.core import clock, zones
from widget.core.clock import to_rfc3339
from widget.core.document import load_document
from widget.guest import invitation, params, steps
from widget.guest import page as guest_page
from widget.guest.page import Place
from widget.text import language
from widget.text.language import gettext as _
from widget.web import answers as web_answers
from widget.web import limits, messages, service
from widget.web import theme as web_theme
from widget.web.audience import Audience, Room
from widget.web.messages import BadField

blueprint = Room("booking", __name__, Audience.GUEST)

Form = MultiDict[str, str]


@blueprint.post("/book/<handle>/<slug>")
@limits.reading
def book(handle: str, slug: str) -> ResponseReturnValue:
    place, given = guest_page.find(handle, slug), request.form
    step = params.last(given, "step")
    if step in steps.ZONE_STEPS:
        return steps.zones(place, given)
    if given.get("next") or (step == "choose" and given.get("start")):
        return steps.chosen(place, given)
    if step:
        return steps.times(place, given)
    return _book(place, given)


def _book(place: Place, given: Form) -> ResponseReturnValue:
    try:
        wish = guest_input.read(place.event, _wish(place, given), place.document.time_zone)
    except guest_input.Invalid as error:
        return _invalid(place, given, error.errors)
    try:
        booking = _booked(place, given, wish)
    except RateLimitExceeded as error:
        alert = TooManyBookings(limits.seconds_left(error))
        return _refused(place, given, alert)
    except NotBooked as error:
        return _refused(place, given, error)
    return _done(booking, given, 201)


def _done(booking: Booking, given: Form, status: int = 200) -> ResponseReturnValue:
    """To the booking's own page; 202 when Google has not answered for certain.

    It takes the form's place among the pages that the browser goes back to: what was asked there
    is done.
    """
    path = f"/booking/{links.booking_token(service.config(), booking.id)}"
    url = params.address(path, params.seen(given))
    if not web_answers.is_fragment():
        return redirect(url, 303)
    if booking.status != "confirmed":  # a repetition may find it over
        status = 202 if booking.status == "pending" else 200
    response = invitation_page(booking, given, status)
    response.headers["HX-Replace-Url"] = url
    return response


def _booked(place: Place, given: Form, wish: guest_input.Details) -> Booking:
    nonce = links.read_nonce(service.config(), given.get("nonce", ""))
    digest = hashlib.sha256(f"{nonce} {place.event.slug} {wish.digest()}".encode()).hexdigest()
    key = f"{'form:' if nonce else act.BARE}{digest}"
    visit = act.Visit(language.tag(), dict(params.utm_fields(given)))
    return booked(place, wish, key, visit)


def booked(place: Place, wish: guest_input.Details, key: str | None, visit: act.Visit) -> Booking:
    """A repetition gets its booking, whatever the limit says: that counts new ones."""
    before = act.made_before(place.host, wish, key) if key else None
    return before or _booked_anew(place, wish, key, visit)


@limits.booking
def _booked_anew(
    place: Place, wish: guest_input.Details, key: str | None, visit: act.Visit
) -> Booking:
    calendar = service.calendar_of(place.host)
    return act.book(calendar, place.event, wish, key, clock.now(), visit)


def _wish(place: Place, given: Form) -> dict[str, Any]:
    answers = {
        question.id: given[f"question-{question.id}"]
        for question in guest_input.questions(place.event)
        if f"question-{question.id}" in given
    }
    plain = {name: given.get(name) for name in ("start", "tz", "name", "email", "notes")}
    return {**plain, "guests": given.getlist("guests"), "answers": answers}


def _invalid(place: Place, given: Form, faults: dict[str, str]) -> ResponseReturnValue:
    errors = {name.replace("answers.", "question-"): text for name, text in faults.items()}
    for name in ("start", "tz"):
        if name in errors:
            return steps.times(place, given, BadField(errors[name]), 422)
    return steps.form(place, given, errors, status=422)


def _refused(place: Place, given: Form, error: NotBooked) -> ResponseReturnValue:
    """Nothing was booked: fresh slots if the time went, else the form again; nothing is lost."""
    if error.code in ("slot_taken", "slot_unavailable"):
        return steps.times(place, given, error, 409)
    response = steps.form(place, given, alert=error, status=messages.status(error))
    return messages.with_retry(response, error)


# --- a booking's own page ---------------------------------------------------------------------


@blueprint.get("/booking/<token>")
@limits.reading
def booking(token: str) -> ResponseReturnValue:
    found = find_booking(token)
    if found.status == "pending" or found.meet_pending:
        found = reconcile.settle(service.google(), found, clock.now())
    return invitation_page(found, request.args)


@blueprint.get("/booking/<token>.ics")
@limits.reading
def calendar_file(token: str) -> ResponseReturnValue:
    found = find_booking(token)
    document = load_document(found.host.settings)
    response = Response(
        invitation.ics(service.config(), found, document),
        content_type="text/calendar; charset=utf-8",
    )
    response.headers["Content-Disposition"] = "attachment; filename=booking.ics"
    return response


def find_booking(token: str) -> Booking:
    """The booking that a signed link leads to; answers 404 when there is none."""
    id = links.booking_id(service.config(), token)
    found = models.booking_by_id(id) if id else None
    if found is None:
        abort(404)
    guest_page.find_host(found.host.handle)
    return found


def invitation_page(
    booking: Booking, given: Form, status: int = 200, alert: NotBooked | None = None
) -> Response:
    """The state of a booking, what can be done with it, and what went wrong with a change.

    One answer alone announces what the guest did last.
    """
    document = load_document(booking.host.settings)
    view = invitation.view(service.config(), booking, document)
    theme = given.get("theme", document.theme.mode)
    accent = given.get("accent", document.theme.accent)
    page = web_answers.page(
        booking.promise["title"],
        theme if theme in web_theme.THEMES else document.theme.mode,
        accent.lower() if web_theme.is_accent(accent) else document.theme.accent,
    )
    if alert:
        page["alert"] = {"code": alert.code, "message": messages.said_of_change(alert)}
    poll = None
    if booking.status == "pending" or booking.meet_pending:
        own = params.address(view["urls"]["path"], params.seen(given))
        poll = {"url": own, "seconds": min(30, 2 + 2 * booking.attempts)}
    context = {**page, "host": guest_page.host_view(document), "booking": view, "poll": poll}
    context["outcome"] = outcome = models.announce(booking)
    event = act.event_type(booking)
    context["onward"] = event.redirect_url if event and outcome == "booked" else None
    context["changes"] = _changes(booking, view, given)
    return web_answers.answer("guest/booking.html", status, **context)


def _changes(booking: Booking, view: dict[str, Any], given: Form) -> dict[str, Any]:
    """What a guest may still do, as addresses; `closed` when the host's deadline has passed."""
    now, path = clock.now(), view["urls"]["path"]
    open_ = booking.status in models.ACTIVE and booking.change != "cancel"
    in_time, movable = act.in_time(booking, "guest", now), booking.status == "confirmed"
    seen = params.seen(given)
    visit = [*seen, ("tz", _zone(booking)), *booking.utm.items()]
    return {
        "own": params.address(path, seen),
        "again": params.address(f"/book/{view['event']}", visit),
        "cancel": params.address(f"{path}/cancel", seen) if open_ and in_time else None,
        "reschedule": params.address(f"{path}/reschedule", seen) if movable and in_time else None,
        "closed": open_ and not in_time and booking.start_at > now,
        "reason": given.get("reason", ""),
    }


# --- cancelling and rescheduling ----------------------------------------------------------------


@blueprint.post("/booking/<token>/cancel")
@limits.booking
def cancel(token: str) -> ResponseReturnValue:
    found, given = find_booking(token), request.values
    try:
        reason = guest_input.reason(given.get("reason", ""))
    except ValueError as error:
        return invitation_page(found, given, 422, BadField(str(error)))
    try:
        found = act.cancel(service.google(), found, "guest", reason, clock.now())
    except NotBooked as error:
        return _not_changed(found, given, error)
    return _done(found, given)


@blueprint.get("/booking/<token>/reschedule")
@limits.reading
def choose_time(token: str) -> ResponseReturnValue:
    """The picker for another time, and the step that asks whether it is the right one."""
    found = find_booking(token)
    return _choose(found, _in_their_zone(found, request.args))


def _choose(booking: Booking, given: Form) -> ResponseReturnValue:
    try:
        place = _place(booking)
        if params.last(given, "step") in steps.ZONE_STEPS:
            return steps.zones(place, given)
        if params.last(given, "step") == "still":
            return steps.still(place, given)
        if "start" in given or "next" in given:
            return _confirm(place, booking, given)
        return steps.times(place, given)
    except NotBooked as error:
        return _not_changed(booking, given, error)


@blueprint.post("/booking/<token>/reschedule")
@limits.booking
def reschedule(token: str) -> ResponseReturnValue:
    found = find_booking(token)
    given = _in_their_zone(found, request.form)
    if given.get("next"):  # the time on the page has gone, and another was offered
        return _choose(found, given)
    try:
        start = guest_input.instant(given.get("start", ""))
    except ValueError as error:
        return _not_changed(found, given, BadField(str(error)))
    try:
        moved = act.reschedule(service.google(), found, start, "guest", clock.now())
    except NotBooked as error:
        return _not_changed(found, given, error)
    return _done(moved, given)


def _in_their_zone(booking: Booking, given: Form) -> Form:
    fields = MultiDict(given)
    fields.setdefault("tz", _zone(booking))
    return fields


def _zone(booking: Booking) -> str:
    return zones.zone(booking.tz, load_document(booking.host.settings).time_zone).key


def _place(booking: Booking) -> Place:
    """The picker's place for moving a booking. Raises NotBooked when it cannot be moved."""
    if booking.status != "confirmed":
        raise UnderWay() if booking.status == "pending" else NotActive(booking.status)
    act.check_deadline(booking, "guest", clock.now())
    document, event = load_document(booking.host.settings), act.event_type(booking)
    if event is None or not event.active:
        raise SlotUnavailable([])
    view = invitation.view(service.config(), booking, document)
    said = {
        "title": _("New time: %(title)s") % {"title": booking.promise["title"]},
        "description": _("Now: %(date)s, %(time)s. Nothing changes until you confirm a new time.")
        % {"date": view["date_label"], "time": view["time_label"]},
    }
    return Place(booking.host, document, event.model_copy(update=said), booking)


def _confirm(place: Place, booking: Booking, given: Form) -> ResponseReturnValue:
    try:
        start = guest_input.instant(params.start_of(given))
    except ValueError as error:
        return steps.times(place, given, BadField(str(error)), 422)
    if start == booking.start_at:
        return _done(booking, given)  # who comes back here has moved it already
    if reasons := place.offer().reasons(start):
        return steps.times(place, given, refusal(reasons), 409)
    tz = steps.zone(place, given, {})
    day = language.today(start, tz)
    end = start + booking.end_at - booking.start_at
    view = invitation.view(service.config(), booking, place.document)
    path = view["urls"]["path"]
    return web_answers.answer(
        "guest/reschedule.html",
        **place.page(booking.promise["title"], given),
        booking=view,
        chosen={
            "value": to_rfc3339(start),
            "date_label": language.full_date(day),
            "time_label": language.clock_range(start, end, tz),
            "tz_label": language.zone_label(tz, start),
        },
        form={
            "action": f"{path}/reschedule",
            "still": steps.still_url(place, given, start, tz),
            "back": params.address(
                f"{path}/reschedule", [*params.seen(given), ("tz", tz.key), ("date", f"{day}")]
            ),
            "hidden": [
                *params.seen(given),
                ("tz", tz.key),
                ("date", f"{day}"),
                ("start", to_rfc3339(start)),
            ],
        },
    )


def _not_changed(booking: Booking, given: Form, error: NotBooked) -> ResponseReturnValue:
    """Nothing was changed: fresh slots if the time went, else the booking as it is now."""
    status = messages.status(error)
    current = models.as_it_is(booking)
    if error.code in ("slot_taken", "slot_unavailable", "invalid_request"):
        try:
            return steps.times(_place(current), given, error, status)
        except NotBooked:
            pass
    response = invitation_page(current, given, status, error)
    return messages.with_retry(response, error)
