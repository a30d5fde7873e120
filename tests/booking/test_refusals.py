"""Google says no: to this change, about this calendar, to the host's grant, or to our project.

The lines are those of Google's own table; what each is about is said here, not by the product.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from demo.google import StandIn
from tests import page
from tests.conftest import Browser, command, on_sqlite
from tests.people import (
    ANA,
    NINE,
    PICKER,
    TEN,
    ask,
    book,
    cancel,
    fill,
    look,
    offered,
    reconcile,
    reschedule,
    row,
    send,
    show,
    status_of,
)
from widget.google.errors import Patience

pytestmark = on_sqlite
OTHER = "ana-private@group.calendar.example"

LINES = [
    (400, "invalid", "change"),
    (400, "required", "change"),
    (400, "timeRangeEmpty", "change"),
    (400, "aReasonOfTomorrow", "change"),
    (403, "forbidden", "change"),
    (403, "forbiddenForNonOrganizer", "change"),
    (403, "aReasonOfTomorrow", "change"),
    (403, "", "change"),
    (418, "teapot", "change"),
    (401, "authError", "passing"),
    (403, "rateLimitExceeded", "passing"),
    (403, "userRateLimitExceeded", "passing"),
    (403, "quotaExceeded", "passing"),
    (403, "dailyLimitExceededUnreg", "passing"),
    (403, "concurrentLimitExceeded", "passing"),
    (403, "calendarUsageLimitsExceeded", "passing"),
    (403, "RESOURCE_EXHAUSTED", "passing"),
    (429, "rateLimitExceeded", "passing"),
    (403, "requiredAccessLevel", "calendar"),
    (403, "insufficientPermissions", "grant"),
    (403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT", "grant"),
    (403, "accessNotConfigured", "project"),
    (403, "SERVICE_DISABLED", "project"),
]


def book_nine(_app: Flask, guest: FlaskClient, _ana: Browser, _address: str) -> None:
    ask(guest, start="2026-12-02T09:00:00Z")


def cancel_it(_app: Flask, guest: FlaskClient, _ana: Browser, address: str) -> None:
    cancel(guest, address)


def move_it(_app: Flask, guest: FlaskClient, _ana: Browser, address: str) -> None:
    reschedule(guest, address)


def look_round(app: Flask, _guest: FlaskClient, _ana: Browser, _address: str) -> None:
    reconcile(app)


def open_settings(_app: Flask, _guest: FlaskClient, ana: Browser, _address: str) -> None:
    show(ana)


ACTS = {
    "calendar.events.insert": book_nine,
    "calendar.events.delete": cancel_it,
    "calendar.events.patch": move_it,
    "calendar.events.list": look_round,
    "calendar.freebusy.query": book_nine,
    "calendar.calendarList.list": open_settings,
}


def banners(ana: Browser) -> list[str]:
    return [each["data-error"] for each in show(ana).one(id="banner").all(data_error=True)]


def doctor(app: Flask) -> str:
    result = app.test_cli_runner().invoke(args=["doctor"])
    assert not result.exception or isinstance(result.exception, SystemExit), result.exception
    return result.stdout


@pytest.mark.parametrize("method", ACTS)
@pytest.mark.parametrize(("status", "reason", "about"), LINES)
def test_a_refusal_is_about_what_google_says_and_no_more(
    app: Flask,
    guest: FlaskClient,
    ana: Browser,
    google: StandIn,
    caplog: pytest.LogCaptureFixture,
    method: str,
    status: int,
    reason: str,
    about: str,
) -> None:
    address = book(guest)
    caplog.clear()
    times = 2 if status == 401 else 1  # the first one only has the token refreshed
    google.fault(method, status=status, reason=reason, times=times)
    ACTS[method](app, guest, ana, address)
    google.clear_faults()
    state = command(app, "hosts", "list").split("\t")[2]
    assert state == (f"disconnected ({reason})" if about == "grant" else "connected")
    if about == "grant":
        assert banners(ana) == ["calendar_disconnected"]
        return
    if about in ("change", "passing"):
        assert TEN in offered(guest), "nobody else is concerned"
        assert ask(guest, start="2026-12-02T10:00:00Z").status_code == 201
    warned = [each for each in caplog.records if each.levelno >= logging.WARNING]
    if about == "passing":
        assert not any("Refused" in each.getMessage() for each in warned)
    else:
        assert any(f"{status} {reason}".strip() in each.getMessage() for each in warned)


def test_the_word_that_says_most_counts_wherever_google_puts_it(
    app: Flask, guest: FlaskClient, ana: Browser, google: StandIn
) -> None:
    """Newer answers say why in `details` (google.rpc.ErrorInfo)."""
    body = {
        "error": {
            "code": 403,
            "message": "Request had insufficient authentication scopes.",
            "errors": [{"domain": "global", "reason": "forbidden", "message": "Forbidden"}],
            "status": "PERMISSION_DENIED",
            "details": [{"reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT"}],
        }
    }
    google.fault("calendar.freebusy.query", status=403, body=json.dumps(body))
    look(guest, PICKER, 503)
    assert "ACCESS_TOKEN_SCOPE_INSUFFICIENT" in command(app, "hosts", "list")
    assert "permission is missing" in show(ana).one(id="banner").text


# --- this calendar ----------------------------------------------------------------------------


def test_a_calendar_that_can_no_longer_be_written_to_is_told_until_another_is_chosen(
    app: Flask, guest: FlaskClient, ana: Browser, google: StandIn, change: Callable[..., None]
) -> None:
    change("ana", target_calendar=OTHER)
    before = google.state.calendars[OTHER]
    assert ask(guest).status_code == 201
    before.owner, before.readers = "ben@sailing.example", {ANA}
    assert ask(guest, start=TEN).get_json()["code"] == "calendar_disconnected"
    look(guest, PICKER, 503)
    reconcile(app)
    look(guest, PICKER, 503)
    assert command(app, "hosts", "list").split("\t")[2] == "connected"
    banner = show(ana).one(id="banner").one(data_error="calendar_disconnected")
    assert OTHER in banner.text
    assert banner.one("a")["href"] == "#calendars"
    assert "target_calendar" in doctor(app)
    change("ana", target_calendar="primary")
    assert TEN in offered(guest)
    assert banners(ana) == []


def test_a_calendar_that_is_forbidden_for_a_moment_is_open_after_the_next_round(
    app: Flask, guest: FlaskClient, ana: Browser, google: StandIn
) -> None:
    google.fault("calendar.events.insert", status=403, reason="requiredAccessLevel")
    assert ask(guest).status_code == 503
    reconcile(app)
    assert ask(guest).status_code == 201
    assert banners(ana) == []


@pytest.mark.parametrize("before", [[], [429], [429, 429, 429]])
def test_one_no_of_the_kind_that_passes_closes_no_calendar(
    app: Flask, guest: FlaskClient, ana: Browser, google: StandIn, before: list[int]
) -> None:
    """Whatever else went wrong before it."""
    app.extensions["meetslot"].patience = Patience(pause_seconds=0.001)
    for status in before:
        google.fault("calendar.events.insert", status=status, reason="rateLimitExceeded")
    google.fault("calendar.events.insert", status=403, reason="forbidden")
    assert ask(guest).status_code == 201
    assert banners(ana) == []
    assert "FAIL" not in doctor(app)


def test_nor_does_one_that_there_is_no_time_to_ask_about_again(
    app: Flask, guest: FlaskClient, ana: Browser, google: StandIn
) -> None:
    app.extensions["meetslot"].patience = Patience(pause_seconds=100)
    google.fault("calendar.events.insert", status=403, reason="forbidden")
    assert ask(guest).get_json()["code"] == "calendar_unavailable"
    assert banners(ana) == []
    assert ask(guest, start=TEN).status_code == 201


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (403, "forbidden"),
        (403, "forbiddenForServiceAccounts"),
        (403, "domainPolicy"),
        (403, ""),
        (403, "requiredAccessLevel"),
        (404, "notFound"),
        (410, "deleted"),
    ],
)
def test_a_calendar_that_takes_no_events_is_told_to_guest_host_and_operator_until_it_does(
    app: Flask,
    guest: FlaskClient,
    ana: Browser,
    google: StandIn,
    change: Callable[..., None],
    caplog: pytest.LogCaptureFixture,
    status: int,
    reason: str,
) -> None:
    """Although Google's list goes on to call the host its owner."""
    change("ana", contact="Call 555 0100")
    said = f"{status} {reason}".strip()
    fields, other = fill(guest), fill(guest, TEN)
    google.fault("calendar.events.insert", status=status, reason=reason, times=None)
    for typed in (fields, other, fields):  # the second one hears it before Google is asked
        answer = send(guest, typed)
        assert (answer.status_code, answer.headers.get("Retry-After")) == (503, None)
        alert = page.read(answer.text).one(role="alert")
        assert alert["data-error"] == "calendar_disconnected"
        assert "nothing was booked" in alert.text
        assert "555 0100" in alert.text
        assert "in a minute" not in alert.text
        assert said in show(ana).one(id="banner").one(data_error="calendar_disconnected").text
        assert f"target_calendar ({said})" in doctor(app)
        reconcile(app)  # the next guest may try it
        assert banners(ana) == ["calendar_disconnected"]
    assert google.events(ANA) == []
    warned = [each.getMessage() for each in caplog.records if each.levelno >= logging.WARNING]
    assert any(said in each for each in warned)
    assert command(app, "hosts", "list").split("\t")[2] == "connected"
    google.clear_faults()
    assert send(guest, fields).status_code == 303
    assert len(google.events(ANA)) == 1
    assert banners(ana) == []
    assert "FAIL" not in doctor(app)


@pytest.mark.parametrize("method", ["calendar.events.delete", "calendar.events.patch"])
def test_an_event_that_cannot_be_changed_is_no_calendar_that_is_closed(
    app: Flask, guest: FlaskClient, ana: Browser, google: StandIn, method: str
) -> None:
    address = book(guest)
    google.fault(method, status=403, reason="forbidden", times=None)
    answer = (cancel if method.endswith("delete") else reschedule)(guest, address)
    assert answer.status_code == 503
    shown = page.read(answer.text)
    assert shown.one(role="alert")["data-error"] == "calendar_unavailable"
    assert "nothing was changed" in shown.text
    assert banners(ana) == []
    assert "FAIL" not in doctor(app)
    assert ask(guest, start="2026-12-02T10:00:00Z").status_code == 201


# --- this server --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "status", "reason", "word"),
    [
        ("calendar.freebusy.query", 403, "accessNotConfigured", "Calendar API must be enabled"),
        ("calendar.freebusy.query", 403, "SERVICE_DISABLED", "Calendar API must be enabled"),
        ("oauth.token", 401, "invalid_client", "GOOGLE_CLIENT_SECRET"),
        ("oauth.token", 401, "deleted_client", "GOOGLE_CLIENT_SECRET"),
        ("oauth.token", 400, "unauthorized_client", "GOOGLE_CLIENT_SECRET"),
        ("oauth.token", 403, "disabled_client", "GOOGLE_CLIENT_SECRET"),
        ("oauth.token", 401, "restricted_client", "GOOGLE_CLIENT_SECRET"),
        ("oauth.token", 403, "org_internal", "External"),
    ],
)
def test_a_fault_of_our_project_is_told_to_guest_host_and_operator(
    app: Flask,
    guest: FlaskClient,
    ana: Browser,
    google: StandIn,
    caplog: pytest.LogCaptureFixture,
    method: str,
    status: int,
    reason: str,
    word: str,
) -> None:
    google.expire()
    google.fault(method, status=status, reason=reason, times=None)
    shown = look(guest, PICKER, 503)
    assert shown.one(role="alert")["data-error"] == "unavailable"
    assert "try again in a minute" not in shown.text
    assert any(f"{status} {reason}" in each.getMessage() for each in caplog.records)
    banner = show(ana).one(id="banner").one(data_error="unavailable")
    assert reason in banner.text
    said = doctor(app)
    assert reason in said
    assert word in said
    assert command(app, "hosts", "list").split("\t")[2] == "connected"
    google.clear_faults()
    assert TEN in offered(guest)
    assert banners(ana) == []


# --- the host's grant ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "reason", "word"),
    [
        (401, "invalid_grant", "does not accept our key"),
        (400, "invalid_rapt", "does not accept our key"),
        (400, "admin_policy_enforced", "administrator"),
        (403, "access_denied", "does not accept our key"),
        (400, "interaction_required", "does not accept our key"),
        (400, "invalid_scope", "does not accept our key"),
    ],
)
def test_a_grant_that_is_over_is_told_to_guest_host_and_operator(
    app: Flask,
    guest: FlaskClient,
    ana: Browser,
    google: StandIn,
    caplog: pytest.LogCaptureFixture,
    status: int,
    reason: str,
    word: str,
) -> None:
    google.expire()
    google.fault("oauth.token", status=status, reason=reason, times=None)
    shown = look(guest, PICKER, 503)
    assert shown.one(data_error=True)["data-error"] == "calendar_disconnected"
    assert any(f"{status} {reason}" in each.getMessage() for each in caplog.records)
    assert word in show(ana).one(id="banner").one(data_error="calendar_disconnected").text
    assert f"must sign in again ({reason})" in doctor(app)
    google.clear_faults()
    ana.sign_in(ANA)
    assert TEN in offered(guest)


# --- this change ----------------------------------------------------------------------------------


def test_what_google_refuses_for_certain_is_not_told_as_an_outage(
    app: Flask,
    guest: FlaskClient,
    ana: Browser,
    google: StandIn,
    caplog: pytest.LogCaptureFixture,
) -> None:
    typed = fill(guest)
    google.fault("calendar.events.insert", status=400, reason="required", message="Missing x.")
    answer = send(guest, typed)
    assert (answer.status_code, answer.headers.get("Retry-After")) == (503, None)
    shown = page.read(answer.text)
    assert shown.one(role="alert")["data-error"] == "calendar_refused"
    assert "nothing was booked" in shown.text
    assert "try again in a minute" not in shown.text
    assert any("400 required (Missing x.)" in each.getMessage() for each in caplog.records)
    assert row(app)["status"] == "failed"
    assert send(guest, shown.one(id="booking-form").fields()).status_code == 303


def test_a_guests_address_in_googles_words_stays_out_of_the_log(
    app: Flask,
    guest: FlaskClient,
    ana: Browser,
    google: StandIn,
    caplog: pytest.LogCaptureFixture,
) -> None:
    said = "User not found: maria@example.com"
    google.fault("calendar.events.insert", status=400, reason="required", message=said)
    ask(guest)
    assert "User not found" in caplog.text
    assert "maria@example.com" not in caplog.text


@pytest.mark.parametrize("guests", [[], ["lee@example.com"]])
def test_an_address_that_google_does_not_take_is_told_at_its_field_and_frees_the_time(
    guest: FlaskClient,
    ana: Browser,
    google: StandIn,
    change: Callable[..., None],
    guests: list[str],
) -> None:
    change("ana", {"extra_guests": 2})
    fault: dict[str, Any] = {"status": 400, "reason": "invalid"}
    google.fault("calendar.events.insert", **fault, message="Invalid attendee email.")
    answer = ask(guest, guests=guests)
    assert (answer.status_code, answer.get_json()["code"]) == (422, "invalid_request")
    assert set(answer.get_json()["errors"]) == {"email", *(["guests"] if guests else [])}
    google.fault("calendar.events.insert", **fault, message="Invalid attendee email.")
    answer = send(guest, fill(guest, guests=guests))
    assert answer.status_code == 422
    assert "Google does not accept" in page.read(answer.text).one("main").text
    assert google.events(ANA) == []
    assert NINE in offered(guest)


def test_a_calendar_that_makes_no_meet_links_is_booked_without_and_the_host_told(
    app: Flask, guest: FlaskClient, ana: Browser, google: StandIn
) -> None:
    google.state.calendars[ANA].conferences = ("eventHangout",)
    address = book(guest)
    shown = look(guest, address)
    assert status_of(shown) == "confirmed"
    assert not shown.all("a", data_meet_link=True)
    (event,) = google.events(ANA)
    assert "conferenceData" not in event
    told = show(ana).one(id="banner").one(data_notice="without_meet")
    assert "Ana Silva" in told.text
    assert told.one("a")["href"] == "#calendars"
    google.state.calendars[ANA].conferences = ("hangoutsMeet",)
    answer = ask(guest, start=TEN)
    assert answer.get_json()["meetLink"]


@pytest.mark.parametrize("message", ["Invalid conference type value.", ""])
def test_a_conference_refused_in_whatever_words_is_no_reason_not_to_book(
    app: Flask, guest: FlaskClient, ana: Browser, google: StandIn, message: str
) -> None:
    google.fault("calendar.events.insert", status=400, reason="invalid", message=message)
    answer = ask(guest)
    assert answer.status_code == 201
    assert answer.get_json()["meetLink"] is None
    assert len(google.events(ANA)) == 1
    assert show(ana).one(id="banner").one(data_notice="without_meet")
    assert ask(guest, start=TEN).get_json()["meetLink"]
    assert not show(ana).one(id="banner").all(data_notice="without_meet")


def test_a_workspace_that_forbids_meet_is_told_too(app: Flask, google: StandIn) -> None:
    dana = Browser(app.test_client(), google)
    dana.sign_in("dana@strict.example")
    body = {"start": NINE, "name": "Gil", "email": "gil@example.org"}
    answer = app.test_client().post("/api/v1/dana/intro/bookings", json=body)
    assert answer.status_code == 201
    assert show(dana).one(id="banner").one(data_notice="without_meet")


# --- answers that are none ------------------------------------------------------------------------

DEEP = "[" * 100_000
SHAPES = [
    *((status, DEEP) for status in (200, 400, 403, 500)),
    *((200, body) for body in ("null", "[]", '{"error": 7}', "1e999")),
    (403, '{"error": {"errors": {}, "details": [[]], "message": 7}}'),
    (400, '{"error": {"errors": [{"reason": "\\ud800\\u0000"}], "message": "\\udfff"}}'),
    (200, '{"items": [], "nextSyncToken": "\\\\\\ud83d\\u0000"}'),
]


@pytest.mark.parametrize(("status", "body"), SHAPES, ids=lambda part: str(part)[:12])
@pytest.mark.parametrize("method", [*ACTS, "calendar.events.get", "oauth.token", "oauth.metadata"])
def test_json_that_is_too_deep_or_of_another_shape_is_an_answer_that_is_none(
    app: Flask,
    guest: FlaskClient,
    ana: Browser,
    google: StandIn,
    caplog: pytest.LogCaptureFixture,
    method: str,
    status: int,
    body: str,
) -> None:
    address = book(guest)
    if method.startswith("oauth"):
        google.expire()
        vars(app.extensions["meetslot"]).pop("endpoints", None)
    google.fault(method, status=status, body=body, times=None)
    for act in (book_nine, cancel_it, move_it, look_round, open_settings):
        act(app, guest, ana, address)
    assert not any(each.exc_info for each in caplog.records)
    look(guest, address)
    assert app.test_client().get("/login").status_code in (302, 503)
    assert guest.get(PICKER).status_code in (200, 503)
    doctor(app)
    assert command(app, "hosts", "list").split("\t")[2] == "connected"
