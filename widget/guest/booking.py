"""The guest's pages from booking on: the booking's own page, its calendar file, its changes.

Only a POST books, moves or cancels.
"""

import hashlib
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar, Literal, Self

from flask import Response, abort, redirect, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

import models
from models import Booking
from widget.booking import act, guest_input, links, reconcile, refusals, rows
from widget.booking.errors import BadField, Booked, NotActive, NotBooked, NotOffered, UnderWay
from widget.booking.offer import Offer, offer_for
from widget.booking.target import NotHere, Target, of_booking
from widget.core import clock, zones
from widget.core.clock import to_rfc3339
from widget.core.document import EventType, load_document
from widget.guest import embedding, invitation, params, steps
from widget.guest import page as guest_page
from widget.guest.steps import Picking
from widget.text import language
from widget.text.language import gettext as _
from widget.web import answers as web_answers
from widget.web import limits, messages, service
from widget.web.audience import Audience, Room

blueprint = Room("booking", __name__, Audience.GUEST)
blueprint.register_error_handler(NotHere, guest_page.not_here)

Form = MultiDict[str, str]


@blueprint.post("/book/<handle>/<slug>")
def book(handle: str, slug: str) -> ResponseReturnValue:
    given = request.form
    target = guest_page.find(handle, slug, params.last(given, "once"))
    picking = Picking(target).lasting(given)
    if params.last(given, "step") or given.get("next"):
        return steps.show(picking, given)
    return _book(picking, target, given)


def _book(picking: Picking, target: Target, given: Form) -> ResponseReturnValue:
    if given.get(steps.TRAP):
        refusals.note(target.host, refusals.BY_A_PROGRAM, clock.now())
        return _invalid(picking, given, {steps.TRAP: _("Leave this field empty")})
    try:
        wish = guest_input.read_details(
            target.event, _wish(target, given), target.document.time_zone
        )
    except guest_input.Invalid as error:
        return _invalid(picking, given, error.errors)
    nonce, made = links.read_nonce(service.config(), given.get("nonce", ""))
    key, caller = _key(target, nonce, wish), _caller(given)
    caller = replace(caller, allow=partial(limits.allow_form, target.host.id, nonce, made))
    target = replace(target, event=target.event.lasting(wish.duration))
    try:
        calendar = service.calendar_of(target.host)
        booking = act.book(calendar, target, wish, key, caller, clock.now())
    except guest_input.Invalid as error:  # to Google, or to the host
        return _invalid(picking, given, error.errors)
    except NotBooked as error:
        return _refused(picking, given, error)
    return _done(booking, given, 201)


def _key(target: Target, nonce: str, wish: guest_input.Details) -> str:
    """The idempotency key of a form: the same when the form is sent twice."""
    digest = hashlib.sha256(f"{nonce} {target.event.slug} {wish.digest()}".encode()).hexdigest()
    return f"{'form:' if nonce else act.BARE}{digest}"


def _caller(given: Form) -> act.Caller:
    utm = dict(params.utm_fields(given))
    return act.Caller(allow=limits.allow_booking, language=language.tag(), utm=utm)


def _done(booking: Booking, given: Form, status: int = 200) -> ResponseReturnValue:
    """Lead to the booking's own page; 202 when Google has not answered for certain.

    It replaces the form in the browser's history, since that form is done.
    """
    path = f"/booking/{links.booking_token(service.config(), booking.id)}"
    url = params.address(path, params.seen(given))
    if not web_answers.is_fragment():
        return redirect(url, 303)
    # a repetition may find it over
    said = {"confirmed": status, "pending": 202}.get(booking.status, 200)
    response = invitation_page(booking, given, said)
    response.headers["HX-Replace-Url"] = url
    return response


def _wish(target: Target, given: Form) -> dict[str, Any]:
    answers = {
        question.id: given[f"question-{question.id}"]
        for question in guest_input.questions(target.event)
        if f"question-{question.id}" in given
    }
    chosen = {name: params.last(given, name) for name in ("duration", "once")}
    return {**given.to_dict(), **chosen, "guests": given.getlist("guests"), "answers": answers}


def _invalid(picking: Picking, given: Form, faults: dict[str, str]) -> ResponseReturnValue:
    errors = {name.replace("answers.", "question-"): text for name, text in faults.items()}
    for name in ("start", "tz", "duration"):
        if name in errors:
            return steps.times(picking, given, BadField(errors[name]))
    return steps.form(picking, given, errors)


def _refused(picking: Picking, given: Form, error: NotBooked) -> ResponseReturnValue:
    """The answer when nothing was booked: fresh slots if the time has gone, else the form; both
    keep what was typed."""
    if error.code in ("slot_taken", "slot_unavailable"):
        return steps.times(picking, given, error)
    return messages.with_retry(steps.form(picking, given, alert=error), error)


# --- a booking's own page ---------------------------------------------------------------------


@blueprint.get("/booking/<token>")
def booking(token: str) -> ResponseReturnValue:
    found = find_booking(token)
    if found.status == "pending" or found.meet_pending:
        found = reconcile.settle(service.google(), found, clock.now())
    return invitation_page(found, request.args)


@blueprint.get("/booking/<token>.ics")
def calendar_file(token: str) -> ResponseReturnValue:
    found = find_booking(token)
    document = load_document(found.host.settings)
    headers = {"Content-Disposition": "attachment; filename=booking.ics"}
    file = invitation.ics(service.config(), found, document)
    return Response(file, headers=headers, content_type="text/calendar; charset=utf-8")


def find_booking(token: str) -> Booking:
    """The booking that a signed link leads to; answers 404 when there is none."""
    found = rows.booking_by_id(links.booking_id(service.config(), token))
    if found is None:
        abort(404)
    embedding.enter(found.host.id, load_document(found.host.settings))
    return found


def invitation_page(
    booking: Booking, given: Form, status: int = 200, alert: NotBooked | None = None
) -> Response:
    """The booking's page: its state, what can be done with it, and what went wrong with a change.

    Only the first one after an act of the guest tells the site around of it (`outcome`).
    """
    document = load_document(booking.host.settings)
    view = invitation.view(service.config(), booking, document, clock.now())
    target = of_booking(booking)
    event = target.event if target else None
    page = guest_page.host_page(document, booking.promise["title"], given, event)
    if alert:
        page["alert"] = {"code": alert.code, "message": messages.change_refusal(alert)}
    poll = None
    if booking.status == "pending" or booking.meet_pending:
        own = params.address(view["path"], params.seen(given))
        poll = {"url": own, "seconds": min(30, 2 + 2 * booking.attempts)}
    context = {**page, "booking": booking, "facts": view, "poll": poll}
    context["outcome"] = outcome = rows.announce(booking)
    context["onward"] = event.redirect_url if event and outcome == "booked" else None
    context["changes"] = _changes(booking, target, view, given)
    return web_answers.answer("guest/booking.html", status, **context)


def _changes(
    booking: Booking, target: Target | None, view: dict[str, Any], given: Form
) -> dict[str, Any]:
    """What a guest may still do, as addresses; `closed` when the host's deadline has passed."""
    now, path = clock.now(), view["path"]
    offered = target is not None and target.event.active
    public = offered and not booking.link  # what a one-off link offers is not for everybody
    again = f"/book/{view['event']}" if public else f"/book/{booking.host.handle}"
    open_ = booking.status in models.ACTIVE and booking.change != "cancel"
    in_time, movable = act.in_time(booking, "guest", now), booking.status == "confirmed"
    seen = params.seen(given)
    visit = [*seen, ("tz", _zone(booking)), *booking.utm.items()]
    return {
        "own": params.address(path, seen),
        "again": params.address(again, visit),
        "cancel": params.address(f"{path}/cancel", seen) if open_ and in_time else None,
        "reschedule": params.address(f"{path}/reschedule", seen)
        if movable and in_time and offered
        else None,
        "gone": movable and in_time and not offered,
        "closed": open_ and not in_time and booking.start_at > now,
        "reason": given.get("reason", ""),
    }


# --- cancelling and rescheduling ----------------------------------------------------------------


@blueprint.post("/booking/<token>/cancel")
def cancel(token: str) -> ResponseReturnValue:
    found, given = find_booking(token), request.values
    try:
        reason = guest_input.reason(given.get("reason", ""))
    except ValueError as error:
        return invitation_page(found, given, 422, BadField(str(error)))
    try:
        found = act.cancel(service.google(), found, reason, _caller(given), clock.now())
    except NotBooked as error:
        return _not_changed(found, given, error)
    return _done(found, given)


@dataclass(frozen=True)
class Moving(Picking):
    """A new time is picked for a booking, which stands until that one is confirmed."""

    target: Target
    booking: Booking
    view: dict[str, Any]
    keeps: ClassVar[bool] = False
    by: ClassVar[Literal["guest", "host"]] = "guest"

    @property
    def own(self) -> int | None:
        return self.booking.start_at

    @classmethod
    def of(cls, booking: Booking) -> Self:
        """Raises NotBooked when it cannot be moved."""
        if booking.status != "confirmed":
            raise UnderWay() if booking.status == "pending" else NotActive(booking.status)
        act.check_deadline(booking, cls.by, clock.now())
        target = of_booking(booking)
        if target is None or not target.event.active:
            raise NotOffered
        view = invitation.view(service.config(), booking, target.document, clock.now())
        return cls(target, booking, view)

    @property
    def event(self) -> EventType:
        said = {
            "title": _("New time: %(title)s") % {"title": self.booking.promise["title"]},
            "description": _("Now: %(time)s. Nothing changes until you confirm a new time.")
            % {"time": self.view["when_label"]},
            "durations": [],  # it lasts as long as it was promised to
        }
        return self.target.event.model_copy(update=said)

    @property
    def address(self) -> str:
        return f"{self.view['path']}/reschedule"

    @property
    def hidden(self) -> list[tuple[str, str]]:
        return []

    def offer(self) -> Offer:
        calendar = service.calendar_of(self.target.host)
        return offer_for(self.target, calendar, clock.now(), self.booking)

    def alert(self, error: NotBooked | None) -> dict[str, str] | None:
        if error is None or isinstance(error, Booked):
            return super().alert(error)
        return {"code": error.code, "message": messages.change_refusal(error)}

    def typed(self) -> bool:
        return self.by == "host" and super().typed()

    def chosen(self, given: Form, error: NotBooked | None = None) -> Response:
        """The step that asks whether this is the right time; `error`: why it was not moved."""
        start, tz = params.start(given), steps.zone(self, given)
        end = start + self.booking.end_at - self.booking.start_at
        day = language.today(start, tz)
        carried = [*params.seen(given), ("tz", tz.key), ("date", f"{day}")]
        page = self.page(self.booking.promise["title"], given)
        page["alert"] = self.alert(error)
        return web_answers.answer(
            "guest/reschedule.html",
            error.status if error else 200,
            **page,
            booking=self.booking,
            facts=self.view,
            chosen={"value": to_rfc3339(start), "start": start, "end": end, "tz": tz},
            form={
                "action": self.address,
                "still": steps.still_url(self, given, start, tz),
                "back": params.address(self.address, carried),
                "hidden": [*self.secret, *carried, ("start", to_rfc3339(start))],
            },
        )


@blueprint.get("/booking/<token>/reschedule")
def choose_time(token: str) -> ResponseReturnValue:
    """The picker for another time, and the step that asks whether it is the right one."""
    found = find_booking(token)
    return _choose(found, _in_their_zone(found, request.args))


def _choose(booking: Booking, given: Form) -> ResponseReturnValue:
    if params.start_of(given) == to_rfc3339(booking.start_at) and not given.get("step"):
        return _done(booking, given)  # who comes back here has moved it already
    try:
        return steps.show(Moving.of(booking), given)
    except NotBooked as error:
        return _not_changed(booking, given, error)


@blueprint.post("/booking/<token>/reschedule")
def reschedule(token: str) -> ResponseReturnValue:
    found = find_booking(token)
    given = _in_their_zone(found, request.form)
    if given.get("next"):  # the time on the page has gone, and another was offered
        return _choose(found, given)
    try:
        start, caller = params.start(given), _caller(given)
        moved = act.reschedule(service.google(), found, start, caller, clock.now())
    except NotBooked as error:
        return _not_changed(found, given, error)
    return _done(moved, given)


def _in_their_zone(booking: Booking, given: Form) -> Form:
    fields = MultiDict(given)
    fields.setdefault("tz", _zone(booking))
    return fields


def _zone(booking: Booking) -> str:
    return zones.zone(booking.tz, load_document(booking.host.settings).time_zone).key


def _not_changed(booking: Booking, given: Form, error: NotBooked) -> ResponseReturnValue:
    """The answer when nothing was changed: fresh slots if the time has gone, else the booking."""
    status = error.status
    current = rows.as_it_is(booking)
    if error.code in ("slot_taken", "slot_unavailable", "invalid_request"):
        try:
            return steps.times(Moving.of(current), given, error)
        except NotBooked as other:
            error = other if isinstance(other, NotOffered) else error
    response = invitation_page(current, given, status, error)
    return messages.with_retry(response, error)
