"""Pages and problem documents (RFC 9457) for what went wrong."""

import logging
from contextlib import suppress
from typing import Any

import peewee
from flask import Response, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, NotFound

import models
from widget.booking.errors import Unavailable, Uncertain
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
    why = Uncertain() if isinstance(error, models.CommitLost) else Unavailable()
    said = messages.refusal(why)
    response = problem(503, why.code, said) if wants_json() else trouble(503, said)
    return messages.with_retry(response, why)


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
    # the latter also where no route of the API was found
    headers = {"Content-Type": "application/problem+json", "Access-Control-Allow-Origin": "*"}
    return make_response(body, status, headers)


def trouble(status: int, message: str = "", **more: Any) -> Response:
    """A page of its own for what went wrong: what happened (in the usual words for the status, if
    there is no `message`), whether anything was booked."""
    heading, usual = messages.of_status(status)
    alert = {"code": _code(status), "message": message or usual}
    context = {**answers.page(heading), "alert": alert, **more}
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
    if not wants_json():
        return trouble(status)
    _heading, message = messages.of_status(status)
    if status == 404 and error.description == NotFound.description:
        message = _(
            "There is no such host or event type. GET /api/v1/HOST lists what can be booked"
            " with a host."
        )
    elif status not in (413, 429) and status < 500:
        message = error.description or error.name
    return problem(status, _code(status), message)


def _code(status: int) -> str:
    return CODES.get(status, "invalid_request" if status < 500 else "internal_error")


def log_fault(info: Any) -> None:
    log.error("fault", exc_info=info)
