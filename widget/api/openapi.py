"""Blueprint: OpenAPI 3.1 of what programs can do, made of the models that validate and answer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from flask import Response, jsonify, render_template
from flask.typing import ResponseReturnValue
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from widget.api import schema
from widget.booking.guest_input import Details
from widget.booking.one_off import Wish
from widget.core import fields
from widget.web import answers, limits, service
from widget.web.audience import Audience, Room

blueprint = Room("openapi", __name__, Audience.PROGRAM)

VERSION = "1.0.0"  # of the interface: what is added raises the second number
SCHEMAS = "#/components/schemas/{model}"
JSON, PROBLEM = "application/json", "application/problem+json"


LENGTH = "One of the event type's lengths in minutes; else its own."


@dataclass(frozen=True)
class Parameter:
    """`where`: path, query or header. A path's are required."""

    name: str
    where: str
    description: str
    type: dict[str, Any]
    example: Any
    required: bool = False

    def document(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "in": self.where,
            "description": self.description,
            "required": self.required or self.where == "path",
            "schema": self.type,
            "example": self.example,
        }


@dataclass(frozen=True)
class Operation:
    """One call. `answers`: models by status; `problems`: statuses with problem details."""

    method: str
    path: str
    id: str
    summary: str
    description: str
    parameters: tuple[Parameter, ...]
    answers: dict[int, type[BaseModel]]
    problems: tuple[int, ...]
    body: type[BaseModel] | None = None
    body_required: bool = True
    example: dict[str, Any] | None = None
    token: bool = False

    def document(self) -> dict[str, Any]:
        described: dict[str, Any] = {
            "operationId": self.id,
            "summary": self.summary,
            "description": self.description,
            "tags": ["The host's own programs" if self.token else "Guests"],
            "parameters": [each.document() for each in self.parameters],
            "responses": {str(each): response for each, response in self._responses().items()},
        }
        if self.token:
            described["security"] = [{"token": []}]
        if self.body:
            content: dict[str, Any] = {"schema": {"$ref": SCHEMAS.format(model=self.body.__name__)}}
            if self.example is not None:
                content["example"] = self.example
            described["requestBody"] = {"required": self.body_required, "content": {JSON: content}}
        return described

    def _responses(self) -> dict[int, dict[str, Any]]:
        good = {status: _response(status, JSON, model) for status, model in self.answers.items()}
        bad = {status: _response(status, PROBLEM, schema.Problem) for status in self.problems}
        return {**good, **bad}


MEANS = {
    200: "Done, or what was asked for.",
    201: "Booked: the event stands in the host's calendar. Or the link is made.",
    204: "Done.",
    202: "Pending: Google has not answered for certain. Ask again, with the same key.",
    307: "The host has another handle by now, or the event type another slug.",
    401: "`unauthorized`: there is no such token.",
    404: "`not_found`",
    409: "`slot_taken`, `slot_unavailable`; or why a booking cannot be changed: `not_active`,"
    " `too_late`, `change_pending`, `changed`.",
    410: "`link_used`: the one-off link is used up, revoked or expired.",
    413: "`invalid_request`: the body is larger than 1 MiB.",
    422: "`invalid_request`, with a message for each field in `errors`.",
    429: "`rate_limited`: come back after `Retry-After` seconds.",
    503: "`calendar_unavailable`, `calendar_disconnected`, `calendar_refused` or `unavailable`:"
    " nothing was booked or changed.",
}


def _response(status: int, media: str, model: type[BaseModel]) -> dict[str, Any]:
    if status == 307:
        return {"description": MEANS[status], "headers": {"Location": {"schema": _TEXT}}}
    if status == 204:
        return {"description": MEANS[status]}
    content = {media: {"schema": {"$ref": SCHEMAS.format(model=model.__name__)}}}
    described: dict[str, Any] = {"description": MEANS[status], "content": content}
    if status in (429, 503):
        described["headers"] = {
            "Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}
        }
    return described


_NAME = {"type": "string", "pattern": f"^{fields.HANDLE.pattern}$"}
_TEXT = {"type": "string"}
_INSTANT = {"type": "string", "format": "date-time"}
HOST = Parameter("host", "path", "The host's handle.", _NAME, "ana")
EVENT = Parameter("event", "path", "The event type's slug.", _NAME, "intro")
ID = Parameter(
    "id", "path", "The booking's id.", {"type": "string", "pattern": "^[0-9a-f]{32}$"}, "0" * 32
)
CODE = Parameter("code", "path", "The link's code.", _TEXT, "0" * 22)
LONGEST = "At most 62 days after `from`."
SLOT_QUERY = (
    Parameter(
        "from", "query", "The first instant.", _INSTANT, "2026-12-01T00:00:00Z", required=True
    ),
    Parameter("to", "query", LONGEST, _INSTANT, "2026-12-08T00:00:00Z", required=True),
    Parameter("tz", "query", "The guest's zone, by its IANA name.", _TEXT, "Asia/Tokyo"),
    Parameter("duration", "query", LENGTH, {"type": "integer", "minimum": 1}, 30),
    Parameter("once", "query", "The code of a one-off link.", _TEXT, ""),
)
KEY = Parameter(
    "Idempotency-Key",
    "header",
    "Anything of your own for this booking: the same key and body give the same booking.",
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    "order-4711",
)
LIST_QUERY = (
    Parameter("from", "query", "Those that start then or later.", _INSTANT, "2026-12-01T00:00:00Z"),
    Parameter("to", "query", "Those that start before.", _INSTANT, "2027-01-01T00:00:00Z"),
    Parameter(
        "status",
        "query",
        "Those in this state.",
        {"type": "string", "enum": ["pending", "confirmed", "cancelled", "failed"]},
        "confirmed",
    ),
    Parameter(
        "limit", "query", "How many.", {"type": "integer", "minimum": 1, "maximum": 100}, 100
    ),
    Parameter("cursor", "query", "The `next` of the page before.", _TEXT, "…"),
)
BOOKING = {
    "start": "2026-12-01T09:00:00Z",
    "name": "Maria Sousa",
    "email": "maria@example.com",
    "tz": "Europe/Lisbon",
    "notes": "By the sea, please.",
}
LINK = {
    "event": "intro",
    "title": "A talk for Maria",
    "expires": "2026-12-24",
    "times": ["2026-12-01T09:00:00Z", "2026-12-02T14:00:00Z/2026-12-02T17:00:00Z"],
}

OPERATIONS = (
    Operation(
        "get",
        "/api/v1/{host}",
        "listEventTypes",
        "List what can be booked with a host",
        "The event types that are listed, with what each asks of a guest.",
        (HOST,),
        {200: schema.HostAnswer},
        (307, 404, 429, 503),
    ),
    Operation(
        "get",
        "/api/v1/{host}/{event}/slots",
        "listSlots",
        "List free times",
        "The same that the booking page shows. Times are UTC.",
        (HOST, EVENT, *SLOT_QUERY),
        {200: schema.SlotsAnswer},
        (307, 404, 410, 422, 429, 503),
    ),
    Operation(
        "post",
        "/api/v1/{host}/{event}/bookings",
        "book",
        "Book",
        "Google sends the invitation to guest and host. `manageUrl` is the guest's own page.",
        (HOST, EVENT, KEY),
        {200: schema.BookedAnswer, 201: schema.BookedAnswer, 202: schema.BookedAnswer},
        (307, 404, 409, 410, 413, 422, 429, 503),
        body=Details,
        example=BOOKING,
    ),
    Operation(
        "get",
        "/api/v1/me",
        "me",
        "Say whose token this is",
        "",
        (),
        {200: schema.Me},
        (401, 429, 503),
        token=True,
    ),
    Operation(
        "get",
        "/api/v1/me/bookings",
        "listBookings",
        "List bookings",
        "By start, in any state, a page at a time.",
        LIST_QUERY,
        {200: schema.BookingsAnswer},
        (401, 422, 429, 503),
        token=True,
    ),
    Operation(
        "get",
        "/api/v1/me/bookings/{id}",
        "getBooking",
        "Read one booking",
        "",
        (ID,),
        {200: schema.HostsBooking},
        (401, 404, 429, 503),
        token=True,
    ),
    Operation(
        "post",
        "/api/v1/me/bookings/{id}/cancel",
        "cancelBooking",
        "Cancel for the host",
        "Google tells the guest. Repeating it is harmless.",
        (ID,),
        {200: schema.HostsBooking, 202: schema.HostsBooking},
        (401, 404, 409, 413, 422, 429, 503),
        body=schema.Cancelling,
        body_required=False,
        example={"reason": "I am ill."},
        token=True,
    ),
    Operation(
        "get",
        "/api/v1/me/links",
        "listLinks",
        "List one-off links",
        "The newest first, in any state.",
        (),
        {200: schema.LinksAnswer},
        (401, 429, 503),
        token=True,
    ),
    Operation(
        "post",
        "/api/v1/me/links",
        "makeLink",
        "Make a one-off link",
        "`url` is what to give to the guest.",
        (),
        {201: schema.LinkAnswer},
        (401, 413, 422, 429, 503),
        body=Wish,
        example=LINK,
        token=True,
    ),
    Operation(
        "delete",
        "/api/v1/me/links/{code}",
        "revokeLink",
        "Revoke a one-off link",
        "Bookings that it made stand. Repeating it is harmless.",
        (CODE,),
        {204: schema.Answer},
        (401, 404, 429, 503),
        token=True,
    ),
)


@lru_cache(maxsize=4)
def document(public_url: str) -> dict[str, Any]:
    """The whole OpenAPI document for a server."""
    paths: dict[str, Any] = {}
    for each in OPERATIONS:
        paths.setdefault(each.path, {})[each.method] = each.document()
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Meetslot",
            "version": VERSION,
            "description": "Find a free time and book it. Times in answers are UTC; a request may"
            " use any offset, but never none. Errors are RFC 9457 problem details with a `code`.",
        },
        "servers": [{"url": public_url}],
        "paths": paths,
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "Made on the settings page, or by `flask tokens create`.",
                }
            },
        },
    }


def _schemas() -> dict[str, Any]:
    answered: set[type[BaseModel]] = {
        model for each in OPERATIONS for model in each.answers.values() if model.model_fields
    }
    sent: set[type[BaseModel]] = {each.body for each in OPERATIONS if each.body}
    every: set[type[BaseModel]] = {*answered, *sent, schema.Problem}
    named = sorted(every, key=lambda model: model.__name__)
    modes = [(model, "validation" if model in sent else "serialization") for model in named]
    _refs, found = models_json_schema(modes, ref_template=SCHEMAS)  # type: ignore[arg-type]
    return found["$defs"]  # type: ignore[no-any-return]


@blueprint.after_request
def open_to_all(response: Response) -> Response:
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


@blueprint.get("/api/openapi.json")
@limits.reading
def as_json() -> ResponseReturnValue:
    response = jsonify(document(service.config().public_url))
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


@blueprint.get("/api")
@limits.reading
def as_page() -> ResponseReturnValue:
    """The same to read."""
    shown = answers.page("Meetslot for programs")
    api = document(service.config().public_url)
    return render_template("api/reference.html", **shown, api=api, operations=OPERATIONS)
