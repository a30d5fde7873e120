"""Blueprint: OpenAPI 3.1 of what programs can do, made of the models that validate and answer."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, get_args

from flask import jsonify
from flask.typing import ResponseReturnValue
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from widget.api import schema
from widget.booking.guest_input import Details
from widget.booking.one_off import Wish
from widget.core.document import WebhookEvent
from widget.web import answers, service
from widget.web.audience import Audience, Room

blueprint = Room("openapi", __name__, Audience.PROGRAM)

SCHEMAS = "#/components/schemas/{model}"
JSON, PROBLEM = "application/json", "application/problem+json"


@dataclass(frozen=True)
class Operation:
    """One call. `answers`: models by status; `problems`: statuses with problem details."""

    method: str
    path: str
    id: str
    summary: str
    answers: dict[int, type[BaseModel]]
    problems: tuple[int, ...]
    description: str = ""
    parameters: tuple[dict[str, Any], ...] = ()
    body: type[BaseModel] | None = None
    body_required: bool = True
    example: dict[str, Any] | None = None
    token: bool = False
    id_at: str = ""  # where in the answer the id of a booking is: a JSON pointer (RFC 6901)

    def document(self) -> dict[str, Any]:
        described: dict[str, Any] = {
            "operationId": self.id,
            "summary": self.summary,
            "description": self.description,
            "tags": ["The host's own programs" if self.token else "Guests"],
            "parameters": self.parameters,
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
        if self.id_at:
            given = {"id": f"$response.body#{self.id_at}"}
            for response in good.values():
                response["links"] = {
                    each: {"operationId": each, "parameters": given} for each in TAKE_ID
                }
        bad = {status: _response(status, PROBLEM, schema.Problem) for status in self.problems}
        return {**good, **bad}


def _response(status: int, media: str, model: type[BaseModel]) -> dict[str, Any]:
    described = dict(STATUSES[status])
    if status not in (204, 307):
        described["content"] = {media: {"schema": {"$ref": SCHEMAS.format(model=model.__name__)}}}
    return described


TAKE_ID = ("getBooking", "cancelBooking")  # operations
_DECLARED = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
VERSION = _DECLARED["document"]["info"]["version"]
STATUSES = {int(status): told for status, told in _DECLARED["statuses"].items()}
_PARAMETERS = {
    key: {"name": key, "required": each["in"] == "path", **each}
    for key, each in _DECLARED["parameters"].items()
}


def _model(name: str) -> type[BaseModel]:
    sent: dict[str, type[BaseModel]] = {"Details": Details, "Wish": Wish}
    return sent.get(name) or getattr(schema, name)  # type: ignore[no-any-return]


def _operation(id: str, declared: dict[str, Any]) -> Operation:
    read = {
        "parameters": tuple(_PARAMETERS[each] for each in declared.get("parameters", ())),
        "answers": {int(at): _model(name) for at, name in declared["answers"].items()},
        "body": _model(declared["body"]) if "body" in declared else None,
    }
    return Operation(**{**declared, **read, "id": id})


OPERATIONS = tuple(_operation(id, each) for id, each in _DECLARED["calls"].items())


@lru_cache(maxsize=4)
def document(public_url: str) -> dict[str, Any]:
    """The whole OpenAPI document for a server."""
    paths: dict[str, Any] = {}
    for each in OPERATIONS:
        paths.setdefault(each.path, {})[each.method] = each.document()
    about = _DECLARED["document"]
    return {
        **about,
        "servers": [{"url": public_url}],
        "paths": paths,
        "webhooks": {kind: {"post": _told(kind)} for kind in get_args(WebhookEvent)},
        "components": {**about["components"], "schemas": _schemas()},
    }


def _told(kind: str) -> dict[str, Any]:
    """What a host's own program is sent, by Standard Webhooks."""
    sent = {JSON: {"schema": {"$ref": SCHEMAS.format(model="Event")}}}
    return {
        "operationId": kind.replace(".", "_"),
        "summary": f"Tells of {kind}",
        "requestBody": {"required": True, "content": sent},
        "responses": {"2XX": {"description": "Taken: it is not sent again."}},
    }


def _schemas() -> dict[str, Any]:
    answered: set[type[BaseModel]] = {
        model for each in OPERATIONS for model in each.answers.values() if model.model_fields
    }
    sent: set[type[BaseModel]] = {each.body for each in OPERATIONS if each.body}
    every: set[type[BaseModel]] = {*answered, *sent, schema.Problem, schema.Event}
    named = sorted(every, key=lambda model: model.__name__)
    modes = [(model, "validation" if model in sent else "serialization") for model in named]
    _refs, found = models_json_schema(modes, ref_template=SCHEMAS)  # type: ignore[arg-type]
    return found["$defs"]  # type: ignore[no-any-return]


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
    return answers.html("api/reference.html", **shown, api=api, operations=OPERATIONS)
