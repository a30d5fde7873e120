"""JSON that is too large or too deep, at every address that takes any."""

from __future__ import annotations

import json

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.api.test_api import problem
from tests.conftest import command, on_sqlite
from tests.people import API, NINE, bookings

pytestmark = [on_sqlite, pytest.mark.usefixtures("ana")]

DEEP = {
    "arrays": "[" * 1000 + "]" * 1000,
    "objects": '{"a":' * 1000 + "1" + "}" * 1000,
    "within": '{{"start": "{}", "answers": {}}}'.format(NINE, '{"a":' * 900 + "1" + "}" * 900),
    "without end": "[" * 200_000,
}
ADDRESSES = [f"{API}/bookings", "/api/v1/me/links", "/api/v1/me/bookings/" + "0" * 32 + "/cancel"]


def send(app: Flask, guest: FlaskClient, address: str, body: str):  # type: ignore[no-untyped-def]
    token = command(app, "tokens", "create", "ana").strip()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    return guest.post(address, data=body, headers=headers)


@pytest.mark.parametrize("body", DEEP.values(), ids=DEEP)
@pytest.mark.parametrize("address", ADDRESSES)
def test_what_is_too_deep_is_refused(
    app: Flask, guest: FlaskClient, address: str, body: str
) -> None:
    answer = send(app, guest, address, body)
    if "0" * 32 in address:
        problem(answer, 404, "not_found")
    else:
        assert problem(answer, 422, "invalid_request")["errors"]
    assert bookings(app) == []


@pytest.mark.parametrize("address", ADDRESSES)
def test_ten_megabytes_are_refused(app: Flask, guest: FlaskClient, address: str) -> None:
    body = json.dumps({"start": NINE, "notes": "x" * (10 * 2**20)})
    assert send(app, guest, address, body).status_code in (404, 413)


@pytest.mark.parametrize("name", ["arrays", "objects", "without end"])
def test_agents_get_an_error_of_their_protocol(guest: FlaskClient, name: str) -> None:
    call = f'{{"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {DEEP[name]}}}'
    for sent in (DEEP[name], call):
        answer = guest.post("/mcp", data=sent, content_type="application/json")
        assert 400 <= answer.status_code < 500
        assert answer.get_json()["error"]["code"] < 0
