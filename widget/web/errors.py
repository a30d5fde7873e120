"""Pages and problem documents (RFC 9457) for what went wrong."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import Any

import peewee
from flask import Response, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, NotFound

import models
from widget.booking.errors import RETRY_SECONDS
from widget.booking.target import NoSuchLink, NotHere, Renamed
from widget.text.language import gettext as _
from widget.web import answers, logs, messages
from widget.web.bodies import Busy

log = logging.getLogger("meetslot.web")

CODES = {404: "not_found", 429: "rate_limited", 503: "unavailable"}


def wants_json() -> bool:
    """Whether a program asks, of which none reads our pages; no name in a page's address has a
    dot."""
    path = request.path
    markdown = path.startswith("/book/") and path.endswith(".md")
    return markdown or path.startswith("/api/") or path in ("/mcp", "/oembed")


def not_here(error: NotHere | models.Erased) -> ResponseReturnValue:
    if isinstance(error, NoSuchLink) and error.document:
        said = _("%(host)s does not offer this any more, or the link is incomplete.")
        return http_error(NotFound(said % {"host": error.document.display_name}))
    return http_error(NotFound())


def renamed(error: Renamed) -> ResponseReturnValue:
    """Redirect (307) to the same page under its new name; a form is sent again there."""
    address = url_for(str(request.endpoint), **{**(request.view_args or {}), **error.now})
    query = request.query_string.decode("ascii", "replace")
    return redirect(f"{address}?{query}" if query else address, 307)


def database_fault(error: peewee.PeeweeException) -> ResponseReturnValue:
    """503 while the database does not answer, 404 when the host was deleted meanwhile; a fault of
    ours otherwise."""
    if models.is_erased(error):
        return http_error(NotFound())
    if not models.is_away(error):
        raise error
    log.error("the database does not answer", exc_info=error)
    models.database.close()  # it may be a dead connection: the next request opens a new one
    said = messages.unavailable(certain=not isinstance(error, models.CommitLost))
    if wants_json():
        response = problem(503, "unavailable", said)
    else:
        response = trouble(503, "unavailable", _("Please try again in a minute"), said)
    return answers.retry_after(response, RETRY_SECONDS)


def problem(status: int, code: str, detail: str, **more: Any) -> Response:
    """RFC 9457 problem details with a stable `code`, the id of the request in the log, and `more`
    members that say more."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": code.replace("_", " ").capitalize(),
        "status": status,
        "code": code,
        "detail": detail,
        "request_id": logs.request_id(),
        **more,
    }
    response = make_response(body, status)
    response.content_type = "application/problem+json"
    response.headers["Access-Control-Allow-Origin"] = (
        "*"  # also where no route of the API was found
    )
    return response


def trouble(status: int, code: str, heading: str, message: str, **more: Any) -> Response:
    """A page of its own for what went wrong: what happened, whether anything was booked."""
    context = {**answers.page(heading), "alert": {"code": code, "message": message}, **more}
    context["calm"] = status in (404, 429)
    context["retry_url"] = _way_back() if status == 429 else None
    return answers.answer("guest/problem.html", status, **context, heading=heading)


def _way_back() -> str:
    """The address to try again after a 429: the same page, or of a POST that was to change a
    booking that booking's page."""
    if request.method == "GET":
        return request.full_path.rstrip("?")
    path = request.path
    return path.rpartition("/")[0] if path.startswith("/booking/") else path


def http_error(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None:
        return error.response
    status = error.code or 500
    response = _told(status, error)
    for name, value in error.get_headers():
        if name in ("Allow", "Location", "Retry-After"):
            response.headers[name] = value
    if status == 413:
        with suppress(Busy):
            request.environ["wsgi.input"].drain()
    return response


def _told(status: int, error: HTTPException) -> Response:
    code = CODES.get(status, "invalid_request" if status < 500 else "internal_error")
    heading, message = words(status)
    if not wants_json():
        return trouble(status, code, heading, message)
    if status == 404 and error.description == NotFound.description:
        message = _(
            "There is no such host or event type. GET /api/v1/HOST lists what can be booked"
            " with a host."
        )
    elif status not in (413, 429) and status < 500:
        message = error.description or error.name
    return problem(status, code, message)


def words(status: int) -> tuple[str, str]:
    if status == 404:
        return _("Nothing here"), _(
            "There is no such page: the link may be incomplete, or what it led to is gone. Please"
            " ask whoever gave it to you for another one."
        )
    if status == 413:
        return _("Too much at once"), _(
            "What was sent is too long for us. Nothing was booked. Please go back, make it shorter"
            " and try again."
        )
    if status == 429:
        return _("A little slower, please"), _(
            "There were too many requests from your address. Nothing was booked by the last"
            " one. Please wait a minute and try again."
        )
    if status == 503:
        return _("Please try again in a minute"), messages.unavailable(certain=True)
    if status >= 500:
        return _("Something went wrong here"), _(
            "It is our fault, and it has been noted. If you were booking, look into your mail"
            " for an invitation before you try again."
        )
    return _("That did not work"), _(
        "We could not understand this request. Nothing was booked. Please go back and try again."
    )


def log_fault(info: Any) -> None:
    log.error("fault", exc_info=info)
