"""Blueprint: JSON for programs, open to every origin. Problems are RFC 9457 documents."""

from flask import Response, request
from flask.typing import ResponseReturnValue

from widget.api import calls, schema
from widget.api.calls import json_body, tell
from widget.booking import guest_input
from widget.booking.target import Look, find
from widget.web import cache, service
from widget.web.audience import Audience, Room

blueprint = Room("api", __name__, Audience.PROGRAM, url_prefix="/api/v1")
tell(blueprint)

STATUS = {"pending": 202, "confirmed": 201}
KEY = "Idempotency-Key"


@blueprint.get("/<handle>")
def host(handle: str) -> ResponseReturnValue:
    kept, age = service.look_at_host(handle)

    def make() -> Response:
        return schema.HostAnswer.of(service.config(), kept.document).response()

    return cache.answer(kept, age, None, None, make)


@blueprint.get("/<handle>/<slug>/slots")
def slots(handle: str, slug: str) -> ResponseReturnValue:
    target = service.look(handle, slug, request.args.get("once", ""))
    event = guest_input.lasting(target.event, request.args.get("duration"))
    return cache.answer(target.kept, target.age, event, None, lambda: _slots(target))


def _slots(target: Look) -> Response:
    answer, offer = calls.slots(target, request.args.to_dict())
    response = answer.response()
    if offer.as_of is not None:  # while Google is silent: how old its word is (RFC 9111, 5.1)
        response.headers["Age"] = str(max(0, offer.now - offer.as_of))
    return response


@blueprint.post("/<handle>/<slug>/bookings")
def book(handle: str, slug: str) -> ResponseReturnValue:
    errors = dict[str, str]()
    given = json_body(errors)
    once = given.get("once")
    target = find(handle, slug, once if isinstance(once, str) else "")
    key = calls.idempotency_key(request.headers.get(KEY), errors, KEY)
    answer = calls.book(target, given, key, KEY)
    return answer.response(STATUS.get(answer.booking.status, 200))
