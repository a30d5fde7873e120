"""The JSON interface, to the letter."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from demo.google import StandIn
from tests import page
from tests.conftest import Browser, on_sqlite
from tests.page import starts
from tests.people import ANA, API, NINE, PICKER, ask, at_once, book, bookings, look, status_of

pytestmark = pytest.mark.usefixtures("ana")
SLOTS, BOOKINGS = f"{API}/slots", f"{API}/bookings"
DAY = {"from": "2026-12-01T00:00:00Z", "to": "2026-12-02T00:00:00Z"}


def problem(answer: TestResponse, status: int, code: str) -> dict[str, Any]:
    """The problem details, which have to be right."""
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/problem+json"
    body = answer.get_json()
    assert (body["status"], body["code"]) == (status, code)
    assert body["title"]
    assert body["detail"]
    assert body["type"]
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    return body  # type: ignore[no-any-return]


# --- event types and slots ----------------------------------------------------------------------


@on_sqlite
def test_a_host_is_told_with_the_event_types_that_are_listed_and_active(
    guest: FlaskClient, change: Callable[..., None]
) -> None:
    body = guest.get("/api/v1/ana").get_json()
    assert (body["handle"], body["display_name"]) == ("ana", "Ana Silva")
    assert body["time_zone"] == "Europe/Lisbon"
    (event,) = body["event_types"]
    assert (event["slug"], event["title"], event["duration"]) == ("intro", "Intro call", 30)
    assert event["url"] == "http://localhost/book/ana/intro"
    for off in ({"listed": False}, {"listed": True, "active": False}):
        change("ana", event=off)
        assert guest.get("/api/v1/ana").get_json()["event_types"] == []


def test_slots_are_those_that_the_page_shows(guest: FlaskClient, google: StandIn) -> None:
    google.add_busy(ANA, "2026-12-01T10:10:00Z", "2026-12-01T11:00:00Z")
    ask(guest, start="2026-12-01T14:00:00Z")
    answer = guest.get(SLOTS, query_string=DAY)
    assert answer.status_code == 200
    assert answer.content_type == "application/json"
    body = answer.get_json()
    assert set(body) == {"event", "tz", "slots"}
    assert body["event"]["slug"] == "intro"
    shown = look(guest, f"{PICKER}?date=2026-12-01&tz=Europe/Lisbon")
    assert [slot["start"] for slot in body["slots"]] == starts(shown)
    assert body["slots"][0] == {"start": NINE, "end": "2026-12-01T09:30:00Z"}
    assert len(body["slots"]) == 13


@on_sqlite
def test_slots_start_within_the_asked_time_its_end_not_included(guest: FlaskClient) -> None:
    query = {"from": "2026-12-01T09:30:00Z", "to": "2026-12-01T10:30:00Z"}
    found = guest.get(SLOTS, query_string=query).get_json()["slots"]
    assert [slot["start"] for slot in found] == ["2026-12-01T09:30:00Z", "2026-12-01T10:00:00Z"]


@on_sqlite
@pytest.mark.parametrize(
    ("since", "until"),
    [
        ("2026-12-01T14:30:00+05:30", "2026-12-01T15:00:00+05:30"),
        ("2026-12-01T04:00:00-05:00", "2026-12-01T04:30:00-05:00"),
        ("2026-12-01T09:00:00.000Z", "2026-12-01T09:30:00z"),
    ],
)
def test_a_request_may_use_any_offset_and_the_answer_is_in_utc(
    guest: FlaskClient, since: str, until: str
) -> None:
    found = guest.get(SLOTS, query_string={"from": since, "to": until}).get_json()["slots"]
    assert found == [{"start": NINE, "end": "2026-12-01T09:30:00Z"}]


@on_sqlite
def test_a_plus_that_was_not_escaped_is_understood(guest: FlaskClient) -> None:
    address = f"{SLOTS}?from=2026-12-01T10:00:00+01:00&to=2026-12-01T10:30:00+01:00"
    assert [slot["start"] for slot in guest.get(address).get_json()["slots"]] == [NINE]


@on_sqlite
def test_the_zone_is_the_hosts_unless_another_is_asked_for(guest: FlaskClient) -> None:
    assert guest.get(SLOTS, query_string=DAY).get_json()["tz"] == "Europe/Lisbon"
    asked = guest.get(SLOTS, query_string={**DAY, "tz": "Asia/Tokyo"}).get_json()
    assert asked["tz"] == "Asia/Tokyo"
    assert asked["slots"][0]["start"] == NINE


@on_sqlite
def test_at_most_sixty_two_days_are_told_at_once(guest: FlaskClient) -> None:
    query = {"from": "2026-12-01T00:00:00Z", "to": "2027-02-01T00:00:00Z"}
    assert guest.get(SLOTS, query_string=query).status_code == 200
    beyond = guest.get(SLOTS, query_string={**query, "to": "2027-02-01T00:00:01Z"})
    assert "62" in problem(beyond, 422, "invalid_request")["errors"]["to"]


@on_sqlite
@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"from": ""}, ["from"]),
        ({"to": ""}, ["to"]),
        ({"from": "", "to": "", "tz": "x"}, ["from", "to", "tz"]),
        ({"from": "2026-12-01T00:00:00"}, ["from"]),
        ({"from": "2026-12-01"}, ["from"]),
        ({"from": "1764547200"}, ["from"]),
        ({"from": "2026-02-30T00:00:00Z"}, ["from"]),
        ({"from": "\u0662\u0660\u0662\u0666-12-01T00:00:00Z"}, ["from"]),
        ({"to": "99999-12-01T00:00:00Z"}, ["to"]),
        ({"to": "9999-12-01T00:00:00Z"}, ["to"]),
        ({"to": "2026-12-01T00:00:00Z"}, ["to"]),
        ({"to": "2026-11-01T00:00:00Z"}, ["to"]),
        ({"tz": "Mars/Olympus"}, ["tz"]),
        ({"tz": "../etc/passwd"}, ["tz"]),
        ({"tz": "\x00"}, ["tz"]),
        ({"tz": "Europe/Lisbonne\n"}, ["tz"]),
    ],
    ids=str,
)
def test_a_query_that_is_not_right_is_named(
    guest: FlaskClient, changes: dict[str, str], fields: list[str]
) -> None:
    answer = guest.get(SLOTS, query_string={**DAY, **changes})
    errors = problem(answer, 422, "invalid_request")["errors"]
    assert list(errors) == fields
    assert all(errors.values())


@on_sqlite
def test_when_google_does_not_answer_no_slots_are_told(guest: FlaskClient, google: StandIn) -> None:
    google.fault("calendar.freebusy.query", status=503)
    answer = guest.get(SLOTS, query_string=DAY)
    problem(answer, 503, "calendar_unavailable")
    assert int(answer.headers["Retry-After"]) > 0
    google.fault("calendar.freebusy.query", status=403, reason="insufficientPermissions")
    problem(guest.get(SLOTS, query_string=DAY), 503, "calendar_disconnected")


# --- booking ------------------------------------------------------------------------------------


def test_a_program_books(app: Flask, guest: FlaskClient, google: StandIn) -> None:
    answer = ask(guest, notes="Hello", tz="Asia/Tokyo", answers={}, guests=[])
    assert answer.status_code == 201
    assert answer.content_type == "application/json"
    body = answer.get_json()
    assert set(body) == {"success", "booking", "meetLink"}
    assert body["success"] is True
    booking = body["booking"]
    assert set(booking) == {"id", "start", "end", "status", "manageUrl"}
    assert (booking["start"], booking["end"]) == (NINE, "2026-12-01T09:30:00Z")
    assert booking["status"] == "confirmed"
    (event,) = google.events(ANA)
    assert body["meetLink"] == event["hangoutLink"]
    (row,) = bookings(app)
    assert booking["id"] == row["id"]
    assert booking["manageUrl"].startswith("http://localhost/booking/")
    shown = look(guest, booking["manageUrl"].removeprefix("http://localhost"))
    assert status_of(shown) == "confirmed"
    assert "Tokyo" in shown.text


@on_sqlite
def test_a_link_that_is_still_being_made_is_null(guest: FlaskClient, google: StandIn) -> None:
    google.state.meet = "pending"
    body = ask(guest).get_json()
    assert (body["meetLink"], body["booking"]["status"]) == (None, "confirmed")


@on_sqlite
def test_answers_guests_and_any_offset_are_taken(
    guest: FlaskClient, google: StandIn, change: Callable[..., None]
) -> None:
    change(
        "ana",
        event={
            "extra_guests": 1,
            "questions": [
                {"id": "topic", "label": "Topic", "kind": "text", "required": True},
                {"id": "swim", "label": "Swim?", "kind": "checkbox"},
            ],
        },
    )
    answer = ask(
        guest,
        start="2026-12-01T18:00:00+09:00",
        answers={"topic": "Knots", "swim": True},
        guests=["bo@example.com"],
    )
    assert answer.status_code == 201
    (event,) = google.events(ANA)
    assert "Topic: Knots" in event["description"]
    assert event["start"]["dateTime"] == "2026-12-01T09:00:00+00:00"
    assert "bo@example.com" in {each["email"] for each in event["attendees"]}


@on_sqlite
@pytest.mark.parametrize(
    ("start", "status", "code"),
    [
        ("2026-11-27T09:00:00Z", 409, "slot_unavailable"),
        ("2026-11-30T11:30:00Z", 409, "slot_unavailable"),
        ("2026-12-05T09:00:00Z", 409, "slot_unavailable"),
        ("2026-12-01T09:10:00Z", 409, "slot_unavailable"),
        ("2027-02-15T09:00:00Z", 409, "slot_unavailable"),
        ("2026-12-01T11:00:00Z", 409, "slot_taken"),
        ("2026-12-01T12:00:00Z", 409, "slot_taken"),
    ],
)
def test_what_is_not_offered_is_not_booked(
    guest: FlaskClient, google: StandIn, start: str, status: int, code: str
) -> None:
    google.add_busy(ANA, "2026-12-01T11:00:00Z", "2026-12-01T11:10:00Z")
    assert ask(guest, start="2026-12-01T12:00:00Z").status_code == 201
    problem(ask(guest, start=start, email="other@example.com"), status, code)
    assert len(google.events(ANA)) == 2


def test_a_time_that_got_busy_meanwhile_is_taken(
    guest: FlaskClient, google: StandIn, clock: time_machine.Traveller
) -> None:
    guest.get(SLOTS, query_string=DAY)
    busy = google.add_busy(ANA, NINE, "2026-12-01T09:10:00Z")
    problem(ask(guest), 409, "slot_taken")
    google.alter(ANA, busy["id"], "delete")
    clock.shift(60)  # the times that were told instead came from Google a moment ago
    assert ask(guest).status_code == 201


@on_sqlite
@pytest.mark.parametrize("method", ["calendar.freebusy.query", "calendar.events.insert"])
def test_when_google_does_not_answer_nothing_is_booked(
    guest: FlaskClient, google: StandIn, method: str
) -> None:
    guest.get(SLOTS, query_string=DAY)
    google.fault(method, status=429, reason="rateLimitExceeded")
    answer = ask(guest, key="again")
    problem(answer, 503, "calendar_unavailable")
    assert int(answer.headers["Retry-After"]) > 0
    assert google.events(ANA) == []
    assert ask(guest, key="again").status_code == 201  # the key is free for another try


@on_sqlite
def test_a_host_who_has_to_connect_again_is_told_apart(guest: FlaskClient, google: StandIn) -> None:
    google.fault("calendar.events.insert", status=403, reason="insufficientPermissions")
    for _time in range(2):
        answer = ask(guest)
        problem(answer, 503, "calendar_disconnected")
        assert "Retry-After" not in answer.headers


@on_sqlite
def test_a_length_that_is_chosen_is_booked(guest: FlaskClient, change: Callable[..., None]) -> None:
    change("ana", event={"durations": [30, 60]})
    booking = ask(guest, duration=60).get_json()["booking"]
    assert (booking["start"], booking["end"]) == (NINE, "2026-12-01T10:00:00Z")


@pytest.mark.parametrize("why", ["a booking", "busy", "the rules"])
def test_who_comes_too_late_is_told_the_nearest_free_times(
    guest: FlaskClient, google: StandIn, why: str
) -> None:
    assert ask(guest, start="2026-12-01T12:00:00Z").status_code == 201
    start = {"a booking": "2026-12-01T12:00:00Z", "the rules": "2026-12-01T12:10:00Z"}.get(why)
    if start is None:
        guest.get(SLOTS, query_string=DAY)
        start = "2026-12-01T12:30:00Z"
        google.add_busy(ANA, start, "2026-12-01T12:40:00Z")
    answer = ask(guest, start=start, email="other@example.com")
    assert answer.status_code == 409
    free = guest.get(SLOTS, query_string=DAY).get_json()["slots"]
    assert [slot for slot in free if slot in answer.get_json()["slots"]] == answer.get_json()[
        "slots"
    ]
    near = [slot["start"][11:16] for slot in answer.get_json()["slots"]]
    assert (
        near
        == {
            "a booking": ["11:00", "11:30", "12:30", "13:00"],
            "busy": ["11:00", "11:30", "13:00", "13:30"],
            "the rules": ["11:00", "11:30", "12:30", "13:00"],
        }[why]
    )


@on_sqlite
def test_no_times_are_told_when_there_are_none_or_google_does_not_say(
    guest: FlaskClient, google: StandIn
) -> None:
    guest.get(SLOTS, query_string=DAY)
    google.add_busy(ANA, NINE, "2026-12-01T09:10:00Z")
    google.fault("calendar.freebusy.query", delay_seconds=0)  # the one that tells of it goes well
    google.fault("calendar.freebusy.query", status=503, times=None)
    assert "slots" not in problem(ask(guest), 409, "slot_taken")
    google.clear_faults()
    google.add_busy(ANA, "2026-11-01T00:00:00Z", "2027-03-01T00:00:00Z")
    assert problem(ask(guest), 409, "slot_taken")["slots"] == []


# --- Idempotency-Key ----------------------------------------------------------------------------


def test_the_same_key_and_body_give_the_same_answer(
    guest: FlaskClient, google: StandIn, clock: time_machine.Traveller
) -> None:
    first = ask(guest, key="one")
    clock.shift(3600)
    second = ask(guest, key="one")
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.get_json() == second.get_json()
    same_time = ask(guest, key="one", start="2026-12-01T10:00:00+01:00")
    assert same_time.get_json() == first.get_json()  # the same wish, however it is written
    assert len(google.events(ANA)) == 1


def test_the_same_key_with_another_body_is_refused(guest: FlaskClient, google: StandIn) -> None:
    ask(guest, key="one")
    for change in ({"start": "2026-12-01T10:00:00Z"}, {"notes": "x"}, {"email": "o@example.com"}):
        answer = ask(guest, key="one", **change)
        assert problem(answer, 422, "invalid_request")["errors"]["Idempotency-Key"]
    assert len(google.events(ANA)) == 1


def test_requests_with_the_same_key_at_once_are_one_booking(
    app: Flask, guest: FlaskClient, google: StandIn
) -> None:
    google.faults.latency_seconds = 0.05
    answers = at_once(app, lambda client: ask(client, key="one"), times=4)
    assert {answer.status_code for answer in answers} <= {201, 202}
    assert 201 in {answer.status_code for answer in answers}
    assert len({answer.get_json()["booking"]["id"] for answer in answers}) == 1
    assert len(google.events(ANA)) == len(bookings(app)) == 1


def test_while_the_outcome_is_unknown_the_answer_is_202_pending(
    guest: FlaskClient, google: StandIn, clock: time_machine.Traveller
) -> None:
    google.fault("calendar.events.insert", status=500, after=True)
    first, second = ask(guest, key="one"), ask(guest, key="one")
    assert (first.status_code, second.status_code) == (202, 202)
    assert first.get_json() == second.get_json()
    assert first.get_json()["success"] is True
    assert first.get_json()["booking"]["status"] == "pending"
    assert first.get_json()["meetLink"] is None
    clock.shift(5)
    look(guest, first.get_json()["booking"]["manageUrl"].removeprefix("http://localhost"))
    third = ask(guest, key="one")
    assert third.status_code == 201
    assert third.get_json()["booking"]["id"] == first.get_json()["booking"]["id"]
    assert len(google.events(ANA)) == 1


def test_a_repetition_tells_the_truth_about_a_booking_that_is_over(
    guest: FlaskClient, google: StandIn
) -> None:
    made = ask(guest, key="one").get_json()
    address = made["booking"]["manageUrl"].removeprefix("http://localhost")
    assert guest.post(f"{address}/cancel").status_code == 303
    answer = ask(guest, key="one")
    assert answer.status_code == 200
    assert answer.get_json() == {
        "success": False,
        "booking": {**made["booking"], "status": "cancelled"},
        "meetLink": None,
    }
    assert google.events(ANA) == []
    assert ask(guest, key="two").status_code == 201


@on_sqlite
def test_keys_belong_to_one_host_and_no_key_is_no_promise(
    app: Flask, guest: FlaskClient, google: StandIn
) -> None:
    Browser(app.test_client(), google).sign_in("ben@sailing.example")
    mine = ask(guest, key="one")
    theirs = guest.post(
        "/api/v1/ben/intro/bookings",
        json={"start": "2026-12-01T15:00:00Z", "name": "Maria", "email": "m@example.com"},
        headers={"Idempotency-Key": "one"},
    )
    assert (mine.status_code, theirs.status_code) == (201, 201)
    problem(ask(guest), 409, "slot_taken")


@on_sqlite
@pytest.mark.parametrize("key", ["x" * 256, "a\x01b", "\x7f"])
def test_a_key_that_is_not_right_is_named(guest: FlaskClient, google: StandIn, key: str) -> None:
    errors = problem(ask(guest, key=key), 422, "invalid_request")["errors"]
    assert set(errors) == {"Idempotency-Key"}
    assert google.events(ANA) == []
    assert ask(guest, key="é" * 255).status_code == 201


@on_sqlite
@pytest.mark.parametrize("once", ["nonsense", "x" * 300])
def test_an_unknown_one_off_link_is_told_as_one(
    ana: Browser, guest: FlaskClient, once: str
) -> None:
    body = {"start": NINE, "name": "Gita", "email": "gita@guest.example", "once": once}
    for answer in (
        guest.get(SLOTS, query_string={**DAY, "once": once}),
        guest.post(BOOKINGS, json=body),
    ):
        assert answer.status_code == 404
        assert "the link is incomplete" in answer.get_json()["detail"]


# --- what programs meet everywhere ---------------------------------------------------------------


@on_sqlite
def test_any_site_may_ask(guest: FlaskClient) -> None:
    origin = {"Origin": "https://anywhere.example"}
    for answer in (
        guest.get("/api/v1/ana", headers=origin),
        guest.get(SLOTS, query_string=DAY, headers=origin),
        guest.post(BOOKINGS, json={}, headers=origin),
    ):
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert "retry-after" in answer.headers["Access-Control-Expose-Headers"].lower()
    before = guest.options(
        BOOKINGS,
        headers={
            **origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type,idempotency-key",
        },
    )
    assert before.status_code in (200, 204)
    assert before.headers["Access-Control-Allow-Origin"] == "*"
    assert "POST" in before.headers["Access-Control-Allow-Methods"]
    allowed = re.split(r",\s*", before.headers["Access-Control-Allow-Headers"].lower())
    assert {"content-type", "idempotency-key"} <= set(allowed)


@on_sqlite
@pytest.mark.parametrize(
    ("method", "address", "status", "code"),
    [
        ("GET", "/api/v1/nobody", 404, "not_found"),
        ("GET", "/api/v1/nobody/intro/slots", 404, "not_found"),
        ("GET", "/api/v1/ana/nothing/slots", 404, "not_found"),
        ("POST", "/api/v1/ana/nothing/bookings", 404, "not_found"),
        ("POST", "/api/v1/%00/%00/bookings", 404, "not_found"),
        ("GET", "/api/v1/ana/intro/nothing", 404, "not_found"),
        ("GET", "/api/v9", 404, "not_found"),
        ("DELETE", SLOTS, 405, "invalid_request"),
        ("GET", BOOKINGS, 405, "invalid_request"),
        ("PUT", BOOKINGS, 405, "invalid_request"),
    ],
)
def test_what_is_not_there_is_a_problem_too(
    guest: FlaskClient, method: str, address: str, status: int, code: str
) -> None:
    answer = guest.open(address, method=method)
    said = problem(answer, status, code)["detail"]
    assert ("GET /api/v1/HOST" in said) == (status == 404)
    assert ("Allow" in answer.headers) == (status == 405)


@on_sqlite
def test_an_event_type_that_is_not_active_is_not_there(
    guest: FlaskClient, change: Callable[..., None]
) -> None:
    change("ana", event={"active": False})
    problem(guest.get(SLOTS, query_string=DAY), 404, "not_found")
    problem(ask(guest), 404, "not_found")


def test_both_doors_lead_to_the_same_bookings(guest: FlaskClient) -> None:
    book(guest)
    problem(ask(guest), 409, "slot_taken")
    assert NINE not in starts(page.read(guest.get(f"{PICKER}?date=2026-12-01").text))
