"""Blueprint: JSON for a host's own programs, by an API token. Problems are RFC 9457 documents."""

import re
from collections.abc import Callable
from functools import partial
from typing import Any, get_args

from flask import Response, abort, g, request
from flask.typing import ResponseReturnValue
from pydantic import ValidationError

import models
from widget.api import schema
from widget.api.calls import json_body, tell
from widget.booking import act, links, one_off, rows, tokens
from widget.booking.guest_input import Invalid, checked, instant
from widget.core import clock
from widget.core.document import load_document
from widget.web import errors as web_errors
from widget.web import limits, messages, service
from widget.web.audience import Audience, Room

blueprint = Room("me", __name__, Audience.PROGRAM, counted=False, url_prefix="/api/v1/me")
tell(blueprint, messages.change_refusal)

PAGE = 100  # bookings, at most


@blueprint.before_request
def recognise() -> ResponseReturnValue | None:
    """Let nobody in without a token (RFC 6750); count what each one asks."""
    limits.count_reading()
    scheme, _space, text = request.headers.get("Authorization", "").partition(" ")
    found = tokens.find(text.strip(), clock.now()) if scheme.lower() == "bearer" else None
    if found is None:
        said = "Send Authorization: Bearer and a token of yours, made on the settings page."
        response = web_errors.problem(401, "unauthorized", said)
        response.headers["WWW-Authenticate"] = 'Bearer realm="meetslot"'
        return response
    g.program = found
    limits.count_program(found.id)
    return None


@blueprint.after_request
def keep_private(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("")
def me() -> ResponseReturnValue:
    host = g.program.host
    document = load_document(host.settings)
    own = {
        "email": host.email,
        "connected": host.disconnected_at is None,
        "url": f"{service.config().public_url}/book/{host.handle}",
    }
    return schema.Me.model_validate({**dict(document), **own}).response()


@blueprint.get("/bookings")
def bookings() -> ResponseReturnValue:
    """A page of the host's bookings in any state, by start; what is empty is not asked for."""
    errors = dict[str, str]()
    given = {name: text for name, text in request.args.items() if text}

    def read(name: str, reader: Callable[[str], Any]) -> Any:
        return checked(reader, given[name], name, errors) if name in given else None

    start, end = read("from", instant), read("to", instant)
    status = given.get("status")
    if status is not None and status not in get_args(schema.Status):
        errors["status"] = f"Use one of: {', '.join(get_args(schema.Status))}."
    asked = f"{g.program.host_id} {start} {end} {status}"
    after, limit = read("cursor", partial(_after, asked)), read("limit", _limit) or PAGE
    if errors:
        raise Invalid(errors)
    found = rows.bookings(g.program.host, start, end, status, after, limit + 1)
    shown, config = found[:limit], service.config()
    more = len(found) > limit
    return schema.BookingsAnswer(
        bookings=[schema.HostsBooking.of(config, each) for each in shown],
        next=links.cursor(config, asked, shown[-1].start_at, shown[-1].id) if more else None,
    ).response()


def _after(asked: str, cursor: str) -> tuple[int, str]:
    found = links.read_cursor(service.config(), asked, cursor)
    if found is None:
        raise ValueError("This cursor is of another list: begin without one.")
    return found


def _limit(text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,2}", text) or int(text) > PAGE:
        raise ValueError(f"Use a whole number from 1 to {PAGE}.")
    return int(text)


@blueprint.get("/bookings/<id>")
def booking(id: str) -> ResponseReturnValue:
    return schema.HostsBooking.of(service.config(), _own(id)).response()


@blueprint.post("/bookings/<id>/cancel")
def cancel(id: str) -> ResponseReturnValue:
    """Cancel for the host; Google tells the guest. 202 while the outcome is not known yet."""
    found, errors = _own(id), dict[str, str]()
    given = json_body(errors) if request.get_data() else {}
    try:
        wish = schema.Cancelling.model_validate(given)
    except ValidationError as error:
        errors |= Invalid.of(error).errors
    if errors:
        raise Invalid(errors)
    done = act.cancel(service.google(), found, wish.reason, act.HOST, clock.now())
    answer = schema.HostsBooking.of(service.config(), done)
    return answer.response(202 if done.status == "pending" else 200)


def _own(id: str) -> models.Booking:
    """A booking of the token's host; another host's is 404, like one that never was."""
    return rows.booking_of(g.program.host_id, id) or abort(404, "No booking of yours has this id.")


# --- one-off links --------------------------------------------------------------------------------


@blueprint.get("/links")
def one_off_links() -> ResponseReturnValue:
    """All of the host's, the newest first."""
    host = g.program.host
    found = [_link(each) for each in one_off.listed(host)]
    return schema.LinksAnswer(links=found).response()


@blueprint.post("/links")
def make_link() -> ResponseReturnValue:
    host, errors = g.program.host, dict[str, str]()
    given = json_body(errors)
    if errors:
        raise Invalid(errors)
    return _link(one_off.make(host, given, clock.now())).response(201)


@blueprint.delete("/links/<code>")
def revoke_link(code: str) -> ResponseReturnValue:
    """End a link at once; one that is over already stays as it is."""
    if not one_off.revoke(g.program.host, code, clock.now()):
        abort(404, "No one-off link of yours has this code.")
    return Response(status=204)


def _link(link: one_off.OneOffLink) -> schema.LinkAnswer:
    return schema.LinkAnswer.of(service.config(), g.program.host.handle, link, clock.now())
