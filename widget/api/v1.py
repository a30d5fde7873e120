"""Blueprint: JSON for programs, open to every origin. Problems are RFC 9457 documents."""

from __future__ import annotations

import hashlib

from flask import Response, request
from flask.typing import ResponseReturnValue

import models
from widget.api import schema
from widget.api.given import checked, instant, invalid, json_body, refused
from widget.booking import act, guest_input
from widget.booking.errors import KeyReused, NotBooked, SlotTaken, SlotUnavailable
from widget.booking.offer import offer_for
from widget.booking.target import Look, Target, find, look, look_at_host
from widget.core import clock
from widget.google.client import DAY
from widget.text import language
from widget.text.language import gettext as _
from widget.web import cache, limits, service
from widget.web.audience import Audience, Room

blueprint = Room("api", __name__, Audience.PROGRAM, url_prefix="/api/v1")

LONGEST_DAYS = 62
KEY_LENGTH = 255
STATUS = {"pending": 202, "confirmed": 201}


@blueprint.after_request
def open_to_all(response: Response) -> Response:
    """CORS: any site may ask, since nothing here rests on a cookie."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Expose-Headers"] = "Retry-After"
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = "GET, POST"
        response.headers["Access-Control-Allow-Headers"] = "Content-Type, Idempotency-Key"
        response.headers["Access-Control-Max-Age"] = "86400"
    return response


@blueprint.get("/<handle>")
@limits.reading
def host(handle: str) -> ResponseReturnValue:
    kept, age = look_at_host(service.kept().hosts, handle, clock.now())
    config = service.config()
    return cache.answer(
        kept, age, None, None, lambda: schema.HostAnswer.of(config, kept.document).response()
    )


@blueprint.get("/<handle>/<slug>/slots")
@limits.reading
def slots(handle: str, slug: str) -> ResponseReturnValue:
    target = look(service.kept().hosts, handle, slug, clock.now())
    return cache.answer(target.kept, target.age, target.event, None, lambda: _slots(target))


def _slots(target: Look) -> ResponseReturnValue:
    errors = dict[str, str]()
    start, end = instant("from", errors), instant("to", errors)
    tz = checked(
        guest_input.zone, request.args.get("tz") or target.document.time_zone, "tz", errors
    )
    if not errors and end <= start:
        errors["to"] = _("This has to be after from.")
    if not errors and end - start > LONGEST_DAYS * DAY:
        errors["to"] = _("Ask for at most %(n)s days at once.") % {"n": LONGEST_DAYS}
    if errors:
        return invalid(errors)
    try:
        offer = service.offer(target)
    except NotBooked as error:
        return refused(error)
    return schema.SlotsAnswer(
        event=schema.EventTypeAnswer.of(service.config(), target.document.handle, target.event),
        tz=tz.key,
        slots=schema.slots_of(offer.free(start, end), target.event),
    ).response()


@blueprint.post("/<handle>/<slug>/bookings")
@limits.reading
def book(handle: str, slug: str) -> ResponseReturnValue:
    target, errors = find(handle, slug), dict[str, str]()
    key = _idempotency_key(errors)
    given = json_body(errors)
    if errors:
        return invalid(errors)
    try:
        wish = guest_input.read_details(target.event, given, target.document.time_zone)
        booking = _booked(target, wish, key)
    except guest_input.Invalid as error:
        return invalid(error.errors)
    except KeyReused:
        return invalid({"Idempotency-Key": _("This key came with another booking before.")})
    except (SlotTaken, SlotUnavailable) as error:
        return _other_times(target, error, wish.start)
    except NotBooked as error:
        return refused(error)
    answer = schema.BookedAnswer.of(service.config(), booking)
    return answer.response(STATUS.get(booking.status, 200))


def _booked(target: Target, wish: guest_input.Details, key: str | None) -> models.Booking:
    stored = key and "api:" + hashlib.sha256(f"{target.event.slug} {key}".encode()).hexdigest()
    spoken = str(language.current()).replace("_", "-")
    caller = act.Caller(allow=limits.allow_booking, language=spoken)
    calendar = service.calendar_of(target.host)
    return act.book(calendar, target, wish, stored, caller, clock.now())


def _other_times(target: Target, error: NotBooked, start: int) -> Response:
    """The time is gone: what is free now instead, as `slots` has it, the nearest in order."""
    try:
        offer = offer_for(target, service.calendar_of(target.host), clock.now())
    except NotBooked:  # Google stopped answering meanwhile
        return refused(error)
    offered = schema.slots_of(offer.nearest(start), target.event)
    return refused(error, slots=[each.model_dump() for each in offered])


def _idempotency_key(errors: dict[str, str]) -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is not None and not (0 < len(key) <= KEY_LENGTH and key.isprintable()):
        errors["Idempotency-Key"] = _("Use 1 to %(n)s visible characters.") % {"n": KEY_LENGTH}
    return key
