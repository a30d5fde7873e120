"""What a program sent, read; and how it is told what is wrong with it."""

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import Blueprint, Response, request
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from widget.api.calls import OtherTimes
from widget.booking.errors import NotBooked
from widget.booking.guest_input import Invalid
from widget.text.language import gettext as _
from widget.web import errors as web_errors
from widget.web import messages


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


FAULTS = (Invalid, OtherTimes, NotBooked)


def told(error: Exception, words: Callable[[NotBooked], str] = messages.refusal) -> Response:
    """One of FAULTS as problem details: nothing was booked or changed; `words` say that."""
    more: dict[str, Any] = {}
    if isinstance(error, Invalid):
        said = _("Some fields are not right.")
        return web_errors.problem(422, "invalid_request", said, errors=error.errors)
    if isinstance(error, OtherTimes):
        more, error = {"slots": [each.model_dump() for each in error.slots]}, error.error
    assert isinstance(error, NotBooked)
    response = web_errors.problem(error.status, error.code, words(error), **more)
    return messages.with_retry(response, error)


def tell(blueprint: Blueprint, words: Callable[[NotBooked], str] = messages.refusal) -> None:
    """Answer FAULTS that the routes of a blueprint raise."""
    for fault in FAULTS:
        blueprint.register_error_handler(fault, partial(told, words=words))
