"""A host's own programs, by token."""

from __future__ import annotations

import json
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import models
from demo.google import StandIn
from tests import page
from tests.api.test_api import problem
from tests.conftest import Browser, command, on_sqlite
from tests.people import ANA, NINE, TEN, book, booked, bookings, form, show
from tests.world import Moments

pytestmark = pytest.mark.usefixtures("ana")
ME = "/api/v1/me"


def token_of(app: Flask, handle: str = "ana") -> str:
    return command(app, "tokens", "create", handle, "--name", "my CRM").strip()


def call(
    program: FlaskClient, token: str, path: str = "", *, method: str = "GET", **more: Any
) -> TestResponse:
    headers = {"Authorization": f"Bearer {token}"}
    return program.open(f"{ME}{path}", method=method, headers=headers, **more)


@pytest.fixture
def token(app: Flask, ana: Browser) -> str:
    return token_of(app)


# --- who may -------------------------------------------------------------------------------------


def test_a_token_says_whose_it_is(guest: FlaskClient, token: str) -> None:
    answer = call(guest, token)
    assert answer.get_json() == {
        "handle": "ana",
        "display_name": "Ana Silva",
        "email": ANA,
        "time_zone": "Europe/Lisbon",
        "connected": True,
        "url": "http://localhost/book/ana",
    }
    assert answer.headers["Cache-Control"] == "no-store"


@on_sqlite
@pytest.mark.parametrize(
    "given",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer msk_",
        "Bearer msk_" + "A" * 43,
        "Basic bXNrOg==",
        "Bearer msk_" + "é" * 43,
        "Bearer \x00",
    ],
)
@pytest.mark.parametrize("path", ["", "/bookings", "/bookings/" + "0" * 32, "/nothing"])
def test_nobody_else_is_let_in(guest: FlaskClient, given: str, path: str) -> None:
    answer = guest.get(ME + path, headers={"Authorization": given} if given else {})
    if path == "/nothing":
        problem(answer, 404, "not_found")
        return
    problem(answer, 401, "unauthorized")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@on_sqlite
def test_a_token_is_no_password(guest: FlaskClient, token: str) -> None:
    answer = guest.get(ME, headers={"Authorization": f"Basic {token}"})
    problem(answer, 401, "unauthorized")


@on_sqlite
def test_a_token_is_stored_as_a_hash_alone(app: Flask, token: str) -> None:
    with models.database.connection_context():
        found = models.database.execute_sql("SELECT * FROM api_token").fetchall()
    assert token.removeprefix("msk_") not in str(found)
    assert token.startswith("msk_")


def test_one_hosts_token_sees_nothing_of_another(
    app: Flask, guest: FlaskClient, google: StandIn, moments: Moments
) -> None:
    book(guest)
    moments.sign_in(app, google, "ben@sailing.example")
    theirs = token_of(app, "ben")
    [mine] = bookings(app)
    assert call(guest, theirs, "/bookings").get_json() == {"bookings": [], "next": None}
    for method, path in (("GET", ""), ("POST", "/cancel")):
        answer = call(guest, theirs, f"/bookings/{mine['id']}{path}", method=method)
        problem(answer, 404, "not_found")
        assert "of yours" in answer.get_json()["detail"]
    assert bookings(app)[0]["status"] == "confirmed"


def test_the_token_of_a_host_who_left_ends_with_them(
    app: Flask, guest: FlaskClient, token: str
) -> None:
    command(app, "hosts", "delete", "ana", "--yes")
    problem(call(guest, token), 401, "unauthorized")


@on_sqlite
def test_a_token_asks_120_times_a_minute(app: Flask, guest: FlaskClient, token: str) -> None:
    for _time in range(120):
        assert call(guest, token).status_code == 200
    answer = call(guest, token)
    problem(answer, 429, "rate_limited")
    assert 0 < int(answer.headers["Retry-After"]) <= 61
    assert call(guest, token_of(app)).status_code == 200


# --- bookings ------------------------------------------------------------------------------------


def test_bookings_come_with_all_that_was_said(app: Flask, guest: FlaskClient, token: str) -> None:
    book(guest, notes="By the sea, please")
    [found] = call(guest, token, "/bookings").get_json()["bookings"]
    [stored] = bookings(app)
    assert found["id"] == stored["id"]
    assert found["start"] == NINE
    assert found["status"] == "confirmed"
    assert found["meetLink"] == stored["meet_link"]
    assert found["guest"]["email"] == "maria@example.com"
    assert found["notes"] == "By the sea, please"
    assert found["manageUrl"].startswith("http://localhost/booking/")
    assert call(guest, token, f"/bookings/{found['id']}").get_json() == found


def test_pages_of_bookings_are_the_whole_list_once(
    app: Flask, guest: FlaskClient, token: str
) -> None:
    for hour in ("09:00", "09:30", "10:00", "10:30", "11:00"):
        book(guest, f"2026-12-01T{hour}:00Z")
    seen, query = [], {"limit": "2"}
    for _page in range(3):
        body = call(guest, token, "/bookings", query_string=query).get_json()
        seen += [each["start"] for each in body["bookings"]]
        query["cursor"] = body["next"] or ""
    assert seen == [each["start"] for each in bookings(app)]
    assert body["next"] is None


def test_bookings_can_be_asked_for_by_time_and_status(guest: FlaskClient, token: str) -> None:
    book(guest)
    later = book(guest, TEN)
    assert guest.post(f"{later}/cancel").status_code in (200, 303)

    def starts(**query: str) -> list[str]:
        body = call(guest, token, "/bookings", query_string=query).get_json()
        return [each["start"] for each in body["bookings"]]

    assert starts() == [NINE, TEN]
    assert starts(status="cancelled") == [TEN]
    assert starts(to=TEN) == [NINE]
    assert starts(**{"from": TEN}) == [TEN]


@on_sqlite
@pytest.mark.parametrize("name", ["from", "to", "status", "cursor", "limit"])
def test_what_is_left_empty_is_not_asked_for(guest: FlaskClient, token: str, name: str) -> None:
    book(guest)
    answer = call(guest, token, "/bookings", query_string={name: ""})
    assert answer.status_code == 200, answer.text
    assert [each["start"] for each in answer.get_json()["bookings"]] == [NINE]


@on_sqlite
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"from": "tomorrow"}, "from"),
        ({"to": "2026-12-01T00:00:00"}, "to"),
        ({"status": "lost"}, "status"),
        ({"cursor": "x"}, "cursor"),
        ({"limit": "0"}, "limit"),
        ({"limit": "101"}, "limit"),
        ({"limit": "1e1"}, "limit"),
    ],
)
def test_what_cannot_be_read_is_named(
    guest: FlaskClient, token: str, query: dict[str, str], field: str
) -> None:
    answer = call(guest, token, "/bookings", query_string=query)
    assert set(problem(answer, 422, "invalid_request")["errors"]) == {field}


@on_sqlite
def test_a_cursor_of_another_list_is_refused(
    app: Flask, guest: FlaskClient, token: str, google: StandIn, moments: Moments
) -> None:
    book(guest)
    book(guest, TEN)
    cursor = call(guest, token, "/bookings?limit=1").get_json()["next"]
    moments.sign_in(app, google, "ben@sailing.example")
    for whose, query in ((token, {"status": "confirmed"}), (token_of(app, "ben"), {})):
        answer = call(guest, whose, "/bookings", query_string={**query, "cursor": cursor})
        assert set(problem(answer, 422, "invalid_request")["errors"]) == {"cursor"}


def test_a_program_cancels_for_the_host_with_a_reason(
    app: Flask, guest: FlaskClient, token: str, google: StandIn
) -> None:
    book(guest)
    [stored] = bookings(app)
    path = f"/bookings/{stored['id']}/cancel"
    body = call(guest, token, path, method="POST", json={"reason": "I am ill"}).get_json()
    assert (body["status"], body["cancelledBy"]) == ("cancelled", "host")
    assert body["cancelReason"] == "I am ill"
    assert google.events(ANA) == []
    again = call(guest, token, path, method="POST")
    assert again.status_code == 200
    assert again.get_json() == body


@on_sqlite
@pytest.mark.parametrize("sent", ["[]", "{", '{"reason": 7}', '{"reason": "' + "x" * 1001 + '"}'])
def test_a_reason_that_cannot_be_read_cancels_nothing(
    app: Flask, guest: FlaskClient, token: str, sent: str
) -> None:
    book(guest)
    [stored] = bookings(app)
    path = f"/bookings/{stored['id']}/cancel"
    answer = call(guest, token, path, method="POST", data=sent, content_type="application/json")
    problem(answer, 422, "invalid_request")
    assert bookings(app)[0]["status"] == "confirmed"


@on_sqlite
def test_google_not_answering_leaves_the_booking(
    app: Flask, guest: FlaskClient, token: str, google: StandIn
) -> None:
    started = booked(app)
    google.fault("calendar.events.delete", status=503, times=100)
    google.fault("calendar.events.get", status=503, times=100)
    answer = call(guest, token, f"/bookings/{started['id']}/cancel", method="POST")
    assert answer.status_code in (202, 503)


# --- made and ended ------------------------------------------------------------------------------


def made_on_the_page(host: Browser, name: str) -> TestResponse:
    fields = form(show(host), "tokens").fields()
    return host.client.post("/settings/tokens", data={**fields, "name": name})


def test_a_second_press_makes_no_second_token_and_brings_none_back_later(
    ana: Browser, guest: FlaskClient, clock: time_machine.Traveller
) -> None:
    fields = {**form(show(ana), "tokens").fields(), "name": "Billing"}
    answers = [ana.client.post("/settings/tokens", data=fields) for _press in range(3)]
    (token,) = {page.read(each.text).one(id="token-made")["value"] for each in answers}
    assert call(guest, token).status_code == 200
    (ending,) = (
        each for each in show(ana).one(id="programs").all("form") if each["action"].endswith("/end")
    )
    ana.client.post(ending["action"], data=ending.fields())
    clock.shift(3601)
    ana.client.post("/settings/tokens", data=fields)
    problem(call(guest, token), 401, "unauthorized")


def test_a_token_is_made_used_and_ended_on_the_settings_page(
    ana: Browser, guest: FlaskClient, clock: time_machine.Traveller
) -> None:
    shown = page.read(made_on_the_page(ana, "Billing").text)
    token = shown.one("input", id="token-made")["value"]
    assert call(guest, token).status_code == 200
    clock.shift(3600)
    section = show(ana).one(id="programs")
    assert token not in show(ana).raw
    assert "Billing" in section.text
    assert "last used 1 hour ago" in section.text
    ending = next(each for each in section.all("form") if each["action"].endswith("/end"))
    answer = ana.client.post(ending["action"], data=ending.fields())
    assert answer.status_code == 303
    problem(call(guest, token), 401, "unauthorized")
    assert "Billing" not in show(ana).one(id="programs").text


@on_sqlite
@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "a\x00b"])
def test_a_token_needs_a_name(ana: Browser, name: str) -> None:
    answer = made_on_the_page(ana, name)
    assert answer.status_code == 422
    assert page.read(answer.text).one(id="token-fault")["data-error"] == "invalid_request"


@on_sqlite
def test_a_host_has_20_tokens_at_most(app: Flask, ana: Browser) -> None:
    for _number in range(20):
        token_of(app)
    answer = made_on_the_page(ana, "one more")
    assert answer.status_code == 422
    assert "20 tokens" in answer.text
    failed = app.test_cli_runner().invoke(args=["tokens", "create", "ana"])
    assert failed.exit_code == 1


@on_sqlite
def test_another_host_ends_nobodys_token(
    app: Flask, ana: Browser, guest: FlaskClient, google: StandIn, moments: Moments, token: str
) -> None:
    [listed] = json.loads(command(app, "tokens", "list", "ana", "--format", "json"))
    ben = moments.sign_in(app, google, "ben@sailing.example")
    fields = form(show(ben), "tokens").fields()
    ben.client.post(f"/settings/tokens/{listed['id']}/end", data=fields)
    assert call(guest, token).status_code == 200


def test_tokens_on_the_command_line(app: Flask, guest: FlaskClient, token: str) -> None:
    [listed] = json.loads(command(app, "tokens", "list", "ana", "--format", "json"))
    assert (listed["name"], listed["used"]) == ("my CRM", None)
    assert listed["id"] in command(app, "tokens", "list", "ana")
    assert command(app, "tokens", "revoke", "ana", listed["id"]) == f"ended {listed['id']}\n"
    problem(call(guest, token), 401, "unauthorized")
    again = app.test_cli_runner().invoke(args=["tokens", "revoke", "ana", listed["id"]])
    assert again.exit_code == 1
