"""What a program sent, read; and how it is told what is wrong with it."""

from __future__ import annotations

import re
from typing import Any

from flask import Response, request
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from widget.booking import guest_input
from widget.booking.errors import NotBooked
from widget.text.language import gettext as _
from widget.web import errors as web_errors
from widget.web import messages

_SPACE_FOR_PLUS = re.compile(r" (\d\d:?\d\d)$")


def instant(name: str, errors: dict[str, str]) -> int:
    """The instant in a parameter; 0 with a message in `errors` for one that cannot be read."""
    text = request.args.get(name, "")
    # an unescaped + of an offset arrives as a space
    return checked(guest_input.instant, _SPACE_FOR_PLUS.sub(r"+\1", text), name, errors) or 0


def checked(reader: Any, text: str, name: str, errors: dict[str, str]) -> Any:
    """What `reader` makes of a text; None with its ValueError's message in `errors`."""
    try:
        return reader(text)
    except ValueError as error:
        errors[name] = str(error)
        return None


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


def invalid(errors: dict[str, str]) -> Response:
    return web_errors.problem(
        422, "invalid_request", _("Some fields are not right."), errors=errors
    )


def refused(error: NotBooked, **more: Any) -> Response:
    """Nothing was booked or changed: the outcome's own status and code."""
    response = web_errors.problem(
        messages.status(error), error.code, messages.refusal(error), **more
    )
    return messages.with_retry(response, error)
