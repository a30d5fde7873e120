"""What a program can have done, by JSON or by MCP; and how it is told what is wrong."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from flask import Blueprint, Response, request
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

import models
from widget.api import schema
from widget.booking import act, guest_input
from widget.booking.errors import KeyReused, NotBooked, NotOffered, SlotTaken, SlotUnavailable
from widget.booking.guest_input import Invalid, checked
from widget.booking.offer import Offer, offer_for
from widget.booking.target import Look, Target, of_booking
from widget.core import clock
from widget.text import language
from widget.text.language import gettext as _
from widget.web import errors as web_errors
from widget.web import limits, messages, service

LONGEST_DAYS = 62
KEY_LENGTH = 255


def slots(target: Look, given: Mapping[str, Any]) -> tuple[schema.SlotsAnswer, Offer]:
    """The free times between `from` and `to`, and what they are of. Raises Invalid or NotBooked."""
    errors = dict[str, str]()
    start = checked(guest_input.instant, given.get("from", ""), "from", errors) or 0
    end = checked(guest_input.instant, given.get("to", ""), "to", errors) or 0
    zone = given.get("tz") or target.document.time_zone
    tz = checked(guest_input.zone, zone, "tz", errors)
    own, asked = target.event, given.get("duration")
    minutes = checked(lambda value: guest_input.length(own, value), asked, "duration", errors)
    if not errors and end <= start:
        errors["to"] = _("This has to be after from.")
    if not errors and end - start > LONGEST_DAYS * clock.DAY:
        errors["to"] = _("Ask for at most %(n)s days at once.") % {"n": LONGEST_DAYS}
    if errors:
        raise Invalid(errors)
    target = replace(target, event=own.lasting(minutes))
    offer = service.offer(target)
    event = schema.EventTypeAnswer.of(service.config(), target.document.handle, target.event)
    found = schema.slots_of(offer.free(start, end), target.event)
    return schema.SlotsAnswer(event=event, tz=tz.key, slots=found), offer


def book(
    target: Target, given: Mapping[str, Any], key: str | None, named: str
) -> schema.BookedAnswer:
    """Book, or give the booking that this key made before; `named`: what the caller calls the key.

    Raises Invalid or NotBooked.
    """
    wish = guest_input.read_details(target.event, given, target.document.time_zone)
    target = replace(target, event=target.event.lasting(wish.duration))
    stored = key and "api:" + hashlib.sha256(f"{target.event.slug} {key}".encode()).hexdigest()
    calendar = service.calendar_of(target.host)
    try:
        booking = act.book(calendar, target, wish, stored, caller(), clock.now())
    except KeyReused:
        raise Invalid({named: _("This key came with another booking before.")}) from None
    except (SlotTaken, SlotUnavailable) as error:
        error.nearest = _nearest(target, wish.start)
        raise
    return schema.BookedAnswer.of(service.config(), booking)


def move(booking: models.Booking, start: int) -> schema.BookedAnswer:
    """Move a booking for its guest. Raises NotBooked."""
    try:
        moved = act.reschedule(service.google(), booking, start, caller(), clock.now())
    except (SlotTaken, SlotUnavailable) as error:
        target = of_booking(booking)
        if target and target.event.active and not isinstance(error, NotOffered):
            error.nearest = _nearest(target, start, booking)
        raise
    return schema.BookedAnswer.of(service.config(), moved)


def caller() -> act.Caller:
    """A program that books or changes something for a guest."""
    spoken = str(language.current()).replace("_", "-")
    return act.Caller(allow=limits.allow_booking, language=spoken)


def _nearest(
    target: Target, start: int, moving: models.Booking | None = None
) -> list[schema.Slot] | None:
    """What is free instead of a time that is gone, the nearest in order."""
    try:
        offer = offer_for(target, service.calendar_of(target.host), clock.now(), moving)
    except NotBooked:  # Google stopped answering meanwhile
        return None
    return schema.slots_of(offer.nearest(start), target.event)


def idempotency_key(key: Any, errors: dict[str, str], named: str) -> str | None:
    """The caller's key, which the caller calls `named`. Raises Invalid with `errors`, and one for
    a key that cannot be read."""
    good = isinstance(key, str) and 0 < len(key) <= KEY_LENGTH and key.isprintable()
    if key is not None and not good:
        errors[named] = _("Use 1 to %(n)s visible characters.") % {"n": KEY_LENGTH}
    if errors:
        raise Invalid(errors)
    return key if good else None


# --- what was sent, and what is wrong with it -----------------------------------------------------


def json_body(errors: dict[str, str]) -> dict[str, Any]:
    """The JSON object that was sent; {} with a message in `errors` for anything else."""
    try:
        body = request.get_json()
    except (BadRequest, UnsupportedMediaType, RecursionError):
        body = None
    if not isinstance(body, dict):
        errors["body"] = _("Send a JSON object with Content-Type application/json.")
        return {}
    return body


FAULTS = (Invalid, NotBooked)
Words = Callable[[NotBooked], str]  # what is said of a fault


def told(error: Invalid | NotBooked, words: Words = messages.refusal) -> Response:
    """One of FAULTS as problem details: nothing was booked or changed; `words` say that."""
    if isinstance(error, Invalid):
        said = _("Some fields are not right.")
        return web_errors.problem(422, "invalid_request", said, errors=error.errors)
    nearest = error.nearest
    more = {} if nearest is None else {"slots": [each.model_dump() for each in nearest]}
    response = web_errors.problem(error.status, error.code, words(error), **more)
    return messages.with_retry(response, error)


def tell(blueprint: Blueprint, words: Words = messages.refusal) -> None:
    """Answer FAULTS that the routes of a blueprint raise."""
    for fault in FAULTS:
        blueprint.register_error_handler(fault, partial(told, words=words))
