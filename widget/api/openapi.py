"""Blueprint: OpenAPI 3.1 of what programs can do, made of the models that validate and answer."""

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any, get_args

from flask import jsonify
from flask.typing import ResponseReturnValue
from pydantic.json_schema import models_json_schema

from widget.api import schema
from widget.booking.guest_input import Details
from widget.booking.one_off import Wish
from widget.core.document import WebhookEvent
from widget.web import answers, service
from widget.web.audience import Audience, Room

blueprint = Room("openapi", __name__, Audience.PROGRAM)

JSON, PROBLEM = "application/json", "application/problem+json"
TAKE_ID = ("getBooking", "cancelBooking")  # operations
SENT = (Details, Wish, schema.Cancelling)  # what bodies are read by
_DECLARED = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
VERSION = _DECLARED["document"]["info"]["version"]
CALLS: dict[str, dict[str, Any]] = _DECLARED["calls"]
_PARAMETERS = {
    key: {"name": key, "required": each["in"] == "path", **each}
    for key, each in _DECLARED["parameters"].items()
}


def _operation(id: str, call: dict[str, Any]) -> dict[str, Any]:
    """One call, as OpenAPI has it."""
    token = call.get("token", False)
    good = {status: _response(status, JSON, model) for status, model in call["answers"].items()}
    if "id_at" in call:
        given = {"id": f"$response.body#{call['id_at']}"}
        links = {each: {"operationId": each, "parameters": given} for each in TAKE_ID}
        good = {status: {**response, "links": links} for status, response in good.items()}
    bad = {str(status): _response(str(status), PROBLEM, "Problem") for status in call["problems"]}
    described: dict[str, Any] = {
        "operationId": id,
        "summary": call["summary"],
        "description": call.get("description", ""),
        "tags": ["The host's own programs" if token else "Guests"],
        "parameters": [_PARAMETERS[each] for each in call.get("parameters", ())],
        "responses": {**good, **bad},
    }
    if token:
        described["security"] = [{"token": []}]
    if "requestBody" in call:
        described["requestBody"] = call["requestBody"]
    return described


def _response(status: str, media: str, model: str) -> dict[str, Any]:
    body = {} if status in ("204", "307") else {"content": {media: _content(model)}}
    return {**_DECLARED["statuses"][status], **body}


def _content(model: str) -> dict[str, Any]:
    return {"schema": {"$ref": f"#/components/schemas/{model}"}}


@lru_cache(maxsize=4)
def document(public_url: str) -> dict[str, Any]:
    """The whole OpenAPI document for a server."""
    paths: dict[str, Any] = {}
    for id, each in CALLS.items():
        paths.setdefault(each["path"], {})[each["method"]] = _operation(id, each)
    about = _DECLARED["document"]
    return {
        **about,
        "servers": [{"url": public_url}],
        "paths": paths,
        "webhooks": {kind: {"post": _told(kind)} for kind in get_args(WebhookEvent)},
        "components": {**about["components"], "schemas": _schemas()},
    }


def _told(kind: str) -> dict[str, Any]:
    """What a host's own program is sent."""
    named = {"operationId": kind.replace(".", "_"), "summary": f"Tells of {kind}"}
    return {**named, **_DECLARED["webhook"]}


def _schemas() -> dict[str, Any]:
    answered = {name for each in CALLS.values() for name in each["answers"].values()} - {"Answer"}
    named = sorted({*answered, "Problem", "Event"})
    modes: Any = [(getattr(schema, name), "serialization") for name in named]
    modes += [(model, "validation") for model in SENT]
    template = _content("{model}")["schema"]["$ref"]
    return models_json_schema(modes, ref_template=template)[1]["$defs"]  # type: ignore[no-any-return]


@blueprint.get("/api/openapi.json")
def as_json() -> ResponseReturnValue:
    response = jsonify(document(service.config().public_url))
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


@blueprint.get("/api")
def as_page() -> ResponseReturnValue:
    """The same to read."""
    shown = answers.page("Meetslot for programs")
    api = document(service.config().public_url)
    return answers.html("api/reference.html", **shown, api=api, calls=CALLS)
