"""The OpenAPI document, held against the server."""

from __future__ import annotations

import re
from typing import Any

import jsonschema
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests import page
from tests.conftest import command, on_sqlite
from tests.people import NINE, book
from widget.core import names

pytestmark = pytest.mark.usefixtures("ana")


@pytest.fixture
def document(guest: FlaskClient) -> dict[str, Any]:
    answer = guest.get("/api/openapi.json")
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    found: dict[str, Any] = answer.get_json()
    return found


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def conforms(document: dict[str, Any], operation: dict[str, Any], answer: TestResponse) -> None:
    """The answer is one that the operation promises, to the letter of its schema."""
    promised = operation["responses"][str(answer.status_code)]
    for name in promised.get("headers", {}):
        assert name in answer.headers
    if "content" in promised:
        schema = promised["content"][answer.content_type]["schema"]
        jsonschema.validate(answer.get_json(), {**schema, "components": document["components"]})


def example(document: dict[str, Any], app: Flask, id: str, booking: str) -> dict[str, Any]:
    """What the document's own examples say to send for an operation."""
    method, path, operation = next(
        each for each in operations(document) if each[2]["operationId"] == id
    )
    given = {each["name"]: each for each in operation["parameters"]}
    sent: dict[str, Any] = {"method": method, "query_string": {}, "headers": {}}
    for name, each in given.items():
        if each["in"] == "query" and name != "cursor":
            sent["query_string"][name] = each["example"]
        elif each["in"] == "header":
            sent["headers"][name] = each["example"]
    code = command(app, "links", "create", "ana", "intro").strip()[-22:]
    values = {"host": "ana", "event": "intro", "id": booking, "code": code}
    sent["path"] = re.sub(r"{(\w+)}", lambda found: values[found[1]], path)
    if "requestBody" in operation:
        sent["json"] = operation["requestBody"]["content"]["application/json"]["example"]
    if "security" in operation:
        token = command(app, "tokens", "create", "ana").strip()
        sent["headers"]["Authorization"] = f"Bearer {token}"
    return sent


IDS = (
    "listEventTypes",
    "listSlots",
    "book",
    "me",
    "listBookings",
    "getBooking",
    "cancelBooking",
    "listLinks",
    "makeLink",
    "revokeLink",
)


@on_sqlite
def test_every_call_of_the_server_is_described_and_no_other(
    app: Flask, document: dict[str, Any]
) -> None:
    served = {
        (method.lower(), re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/api/v1/")
    }
    names = {"{handle}": "{host}", "{slug}": "{event}"}
    for old, new in names.items():
        served = {(method, path.replace(old, new)) for method, path in served}
    described = {(method, path) for method, path, _operation in operations(document)}
    assert described == served
    assert {each["operationId"] for _method, _path, each in operations(document)} == set(IDS)


@pytest.mark.parametrize("id", IDS)
def test_its_examples_work_and_answer_as_it_says(
    app: Flask, guest: FlaskClient, document: dict[str, Any], id: str
) -> None:
    at = "2026-12-01T10:00:00Z" if id == "book" else NINE
    booking = book(guest, at)
    token = command(app, "tokens", "create", "ana").strip()
    listed = guest.get("/api/v1/me/bookings", headers={"Authorization": f"Bearer {token}"})
    number = listed.get_json()["bookings"][0]["id"]
    assert booking
    sent = example(document, app, id, number)
    answer = guest.open(**sent)
    assert answer.status_code in (200, 201, 204)
    operation = next(each[2] for each in operations(document) if each[2]["operationId"] == id)
    conforms(document, operation, answer)


@on_sqlite
@pytest.mark.parametrize("id", IDS)
def test_what_goes_wrong_is_answered_as_it_says(
    guest: FlaskClient, app: Flask, document: dict[str, Any], id: str
) -> None:
    sent = example(document, app, id, "0" * 32)
    operation = next(each[2] for each in operations(document) if each[2]["operationId"] == id)
    if "security" in operation:
        sent["headers"] = {}
        assert guest.open(**sent).status_code == 401
    else:
        sent["path"] = sent["path"].replace("ana", "nobody")
        assert guest.open(**sent).status_code == 404
    conforms(document, operation, guest.open(**sent))


@on_sqlite
def test_a_refused_booking_carries_what_the_schema_says(
    guest: FlaskClient, app: Flask, document: dict[str, Any]
) -> None:
    operation = document["paths"]["/api/v1/{host}/{event}/bookings"]["post"]
    sent = example(document, app, "book", "")
    for change, status in (({"start": "2026-12-05T09:00:00Z"}, 409), ({"email": "x"}, 422)):
        answer = guest.open(**{**sent, "json": {**sent["json"], **change}})
        assert answer.status_code == status
        conforms(document, operation, answer)


@on_sqlite
def test_the_page_names_every_call(guest: FlaskClient, document: dict[str, Any]) -> None:
    answer = guest.get("/api")
    shown = page.read(answer.text)
    for method, path, operation in operations(document):
        assert shown.one(id=operation["operationId"]).text == operation["summary"]
        assert f"{method.upper()} {path}" in shown.text
    assert "script" not in answer.headers["Content-Security-Policy"].split("script-src 'self'")[0]


def test_no_new_host_has_the_address_of_the_tokens() -> None:
    assert names.handle_from("me@sailing.example", lambda _name: False) == "me-2"
