"""A guest books: the form, what Google then has, and what happens when it cannot be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict

import models
from demo.google import StandIn
from tests import page
from tests.conftest import Browser, on_sqlite
from tests.page import Element, starts
from tests.people import (
    ANA,
    HTMX,
    NINE,
    PICKER,
    at_once,
    book,
    bookings,
    fill,
    look,
    send,
    status_of,
)

pytestmark = pytest.mark.usefixtures("ana")
TYPED = {"name": "Zoë O'Neil", "email": "zoe@example.com", "notes": 'Bring "charts" & <pens>\nTwo'}


def kept(shown: Element) -> dict[str, str]:
    """What a form still holds of what was typed."""
    fields = shown.one("form").fields()
    return {name: fields[name].replace("\r\n", "\n") for name in TYPED}


# --- it works ---------------------------------------------------------------------------------


def test_the_form_leads_to_the_confirmation_and_the_link(
    guest: FlaskClient, google: StandIn
) -> None:
    answer = send(guest, fill(guest))
    assert answer.status_code == 303
    shown = look(guest, answer.headers["Location"])
    assert status_of(shown) == "confirmed"
    (event,) = google.events(ANA)
    link = shown.one("a", data_meet_link=True)
    assert link["href"] == event["hangoutLink"]
    assert (link["target"], link["rel"]) == ("_blank", "noopener noreferrer")
    assert link.text == "Join the meeting"


def test_the_event_in_google_is_what_was_booked(
    app: Flask, guest: FlaskClient, google: StandIn
) -> None:
    book(guest, notes="See <b>this</b> & that\r\nSecond line")
    (event,) = google.events(ANA)
    (row,) = bookings(app)
    assert event["id"] == row["google_event_id"]
    assert event["summary"] == "Maria Sousa - Intro call"
    assert event["start"] == {
        "dateTime": "2026-12-01T09:00:00+00:00",
        "timeZone": "Europe/Lisbon",
    }
    assert event["end"]["dateTime"] == "2026-12-01T09:30:00+00:00"
    assert "See &lt;b&gt;this&lt;/b&gt; &amp; that<br>Second line" in event["description"]
    people = {each["email"]: each for each in event["attendees"]}
    assert set(people) == {ANA, "maria@example.com"}
    assert people["maria@example.com"]["displayName"] == "Maria Sousa"
    assert people[ANA]["responseStatus"] == "accepted"
    assert event["extendedProperties"]["private"] == {"meetslot": row["id"]}
    request = event["conferenceData"]["createRequest"]
    assert request["requestId"]
    assert request["conferenceSolutionKey"] == {"type": "hangoutsMeet"}
    assert (row["meet_link"], row["status"]) == (event["hangoutLink"], "confirmed")


def test_google_is_told_to_make_the_conference_and_to_invite_everybody(
    guest: FlaskClient, google: StandIn
) -> None:
    book(guest)
    (params,) = [params for method, params in google.state.calls if method.endswith("insert")]
    assert (params["conferenceDataVersion"], params["sendUpdates"]) == ("1", "all")
    assert [(each["kind"], each["to"]) for each in google.invitations] == [
        ("invitation", "maria@example.com")
    ]


def test_google_is_asked_what_is_busy_just_before_the_event_is_written(
    guest: FlaskClient, google: StandIn
) -> None:
    fields = fill(guest)
    google.state.calls.clear()
    send(guest, fields)
    assert google.calls == ["calendar.freebusy.query", "calendar.events.insert"]


def test_answers_and_other_guests_go_into_the_event(
    app: Flask, guest: FlaskClient, google: StandIn, change: Callable[..., None]
) -> None:
    questions = [
        {"id": "topic", "label": "Topic <1>", "kind": "text"},
        {"id": "boat", "label": "Boat", "kind": "choice", "choices": ["Laser", "Optimist"]},
        {"id": "swim", "label": "Can you swim?", "kind": "checkbox"},
    ]
    change("ana", event={"questions": questions, "extra_guests": 2})
    fields = fill(
        guest,
        guests=["bo@example.com", ""],
        **{"question-topic": "Knots & <sails>", "question-boat": "Laser", "question-swim": "1"},
    )
    assert send(guest, fields).status_code == 303
    (event,) = google.events(ANA)
    assert "Topic &lt;1&gt;: Knots &amp; &lt;sails&gt;" in event["description"]
    assert "Boat: Laser" in event["description"]
    assert {each["email"] for each in event["attendees"]} == {
        ANA,
        "maria@example.com",
        "bo@example.com",
    }
    assert {each["to"] for each in google.invitations} == {"maria@example.com", "bo@example.com"}


def test_htmx_gets_the_confirmation_as_a_fragment_with_its_own_address(
    guest: FlaskClient,
) -> None:
    answer = send(guest, fill(guest), **HTMX)
    assert answer.status_code == 201
    assert answer.text.strip().startswith('<main id="picker"')
    shown = page.read(answer.text)
    assert status_of(shown) == "confirmed"
    assert shown.one("a", data_meet_link=True)
    assert status_of(look(guest, answer.headers["HX-Replace-Url"])) == "confirmed"


def test_a_link_that_google_makes_late_is_polled_for(
    guest: FlaskClient, google: StandIn, clock: time_machine.Traveller
) -> None:
    google.state.meet = "pending"
    address = book(guest)
    shown = look(guest, address)
    assert status_of(shown) == "confirmed"
    assert not shown.all("a", data_meet_link=True)
    poll = shown.one(hx_get=True)["hx-get"]
    clock.shift(3)
    assert not look(guest, poll, **HTMX).all("a", data_meet_link=True)
    google.make_links()
    clock.shift(30)
    shown = look(guest, poll, **HTMX)
    (event,) = google.events(ANA)
    assert shown.one("a", data_meet_link=True)["href"] == event["hangoutLink"]
    assert not shown.all(hx_get=True)


def test_a_booking_stands_without_a_link_where_google_may_not_make_one(
    app: Flask, guest: FlaskClient, google: StandIn
) -> None:
    google.state.meet = "failure"
    shown = look(guest, book(guest))
    assert status_of(shown) == "confirmed"
    assert not shown.all("a", data_meet_link=True)
    assert not shown.all(hx_get=True)
    assert "made no link" in shown.text


def test_a_call_by_phone_has_no_conference_but_the_guests_number(
    guest: FlaskClient, google: StandIn, change: Callable[..., None]
) -> None:
    change("ana", event={"location": "phone"})
    book(guest, **{"question-phone": "+351 912 345 678"})
    (event,) = google.events(ANA)
    assert event["location"] == "+351 912 345 678"
    assert "conferenceData" not in event


def test_the_campaign_and_the_language_are_kept_on_the_booking(guest: FlaskClient) -> None:
    form = guest.get(f"{PICKER}?start={NINE}&utm_source=news&utm_campaign=winter&lang=en-GB")
    fields = page.read(form.text).one("form").fields()
    assert send(guest, {**fields, "name": "Maria", "email": "m@example.com"}).status_code == 303
    with models.database.connection_context():
        (row,) = models.Booking.select()
    assert row.utm == {"utm_source": "news", "utm_campaign": "winter"}
    assert row.language == "en-GB"


# --- the same form twice ------------------------------------------------------------------------


def test_the_same_form_sent_twice_is_one_booking(
    app: Flask, guest: FlaskClient, google: StandIn
) -> None:
    fields = fill(guest)
    first, second = send(guest, fields), send(guest, fields)
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.headers["Location"] == second.headers["Location"]
    assert len(google.events(ANA)) == len(bookings(app)) == len(google.invitations) == 1


def test_the_same_form_sent_at_the_same_moment_is_one_booking(
    app: Flask, guest: FlaskClient, google: StandIn, clock: time_machine.Traveller
) -> None:
    fields = fill(guest)
    clock.shift(61)  # both have to wait for the same look into Google's calendar
    google.faults.latency_seconds = 0.05
    answers = at_once(app, lambda client: send(client, fields), times=4)
    assert [answer.status_code for answer in answers] == [303] * 4
    assert len({answer.headers["Location"] for answer in answers}) == 1
    assert len(google.events(ANA)) == len(bookings(app)) == 1


def test_of_two_guests_who_want_the_same_time_at_once_one_gets_it(
    app: Flask, guest: FlaskClient, google: StandIn, clock: time_machine.Traveller
) -> None:
    forms = [fill(guest), fill(guest, name="Other", email="other@example.com")]
    clock.shift(61)
    answers = at_once(app, lambda client: send(client, forms.pop()))
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    assert len(google.events(ANA)) == 1


def test_many_guests_at_once_each_get_their_own_time(
    app: Flask, guest: FlaskClient, google: StandIn
) -> None:
    forms = [
        fill(guest, f"2026-12-0{day}T{hour}:00:00Z") for day in (2, 3) for hour in range(10, 14)
    ]
    answers = at_once(app, lambda client: send(client, forms.pop()), times=8)
    assert [answer.status_code for answer in answers] == [303] * 8
    assert len(google.events(ANA)) == 8


# --- somebody else was faster -------------------------------------------------------------------


def test_a_time_that_another_booking_took_gives_fresh_times_and_keeps_what_was_typed(
    guest: FlaskClient, google: StandIn
) -> None:
    fields = fill(guest, **TYPED)
    book(guest)
    answer = send(guest, fields)
    assert answer.status_code == 409
    taken(guest, answer.text)
    assert len(google.events(ANA)) == 2


def test_a_time_that_got_busy_in_google_meanwhile_gives_fresh_times_too(
    app: Flask, guest: FlaskClient, google: StandIn
) -> None:
    fields = fill(guest, **TYPED)
    google.add_busy(ANA, "2026-12-01T09:10:00Z", "2026-12-01T09:20:00Z")
    answer = send(guest, fields)
    assert answer.status_code == 409
    taken(guest, answer.text)
    assert sorted(row["status"] for row in bookings(app)) == ["confirmed", "failed"]


def taken(guest: FlaskClient, text: str) -> None:
    """The page after a 409: it leads on, with everything typed, to another booking."""
    shown = page.read(text)
    alert = shown.one(role="alert")
    assert alert["data-error"] == "slot_taken"
    assert "nothing was booked" in alert.text
    free = starts(shown)
    assert free
    assert NINE not in free
    assert free[0].startswith("2026-12-01")  # the day that was chosen, as long as it has any
    assert kept(shown) == TYPED
    pick = shown.one("form")
    assert pick["method"] == "post"  # an address should not hold a name
    form = guest.post(pick["action"], data={**pick.fields(), "start": free[0]})
    assert form.status_code == 200
    again = page.read(form.text).one("form", id="booking-form")
    assert kept(page.read(form.text)) == TYPED
    assert again.fields()["start"] == free[0]
    assert send(guest, again.fields()).status_code == 303


def test_a_long_form_keeps_every_answer_when_the_time_was_taken(
    guest: FlaskClient, change: Callable[..., None]
) -> None:
    asked = [{"id": f"q{n}", "label": f"Question {n}", "kind": "text"} for n in range(20)]
    change("ana", event={"questions": asked, "extra_guests": 20})
    said = {f"question-q{n}": f"answer {n}" for n in range(20)}
    people = [f"friend{n}@example.com" for n in range(20)]
    fields = fill(guest, guests=people, **TYPED, **said)
    book(guest)
    shown = page.read(send(guest, fields).text)
    sent = MultiDict(
        (each["name"], each["value"]) for each in shown.one("form").all("input", type="hidden")
    )
    assert {name: sent[name] for name in said} == said
    assert sent.getlist("guests") == people
    sent["start"] = starts(shown)[0]
    form = page.read(guest.post(PICKER, data=sent).text).one("form", id="booking-form")
    assert {name: form.fields()[name] for name in said} == said
    assert [each["value"] for each in form.all("input", name="guests")] == people


def test_a_time_outside_the_rules_is_told_apart_from_one_that_was_taken(
    guest: FlaskClient, change: Callable[..., None]
) -> None:
    fields = fill(guest, **TYPED)
    change("ana", event={"minimum_notice": 60 * 24 * 7})
    answer = send(guest, fields)
    assert answer.status_code == 409
    shown = page.read(answer.text)
    assert shown.one(role="alert")["data-error"] == "slot_unavailable"
    assert kept(shown) == TYPED


@on_sqlite
def test_htmx_gets_every_refusal_as_a_fragment_with_the_same_status(
    guest: FlaskClient, google: StandIn, change: Callable[..., None]
) -> None:
    fields = fill(guest, **TYPED)
    google.fault("calendar.events.insert", status=429, reason="rateLimitExceeded")
    answers = [send(guest, fields, **HTMX), send(guest, {**fields, "email": "x"}, **HTMX)]
    book(guest)
    answers.append(send(guest, fields, **HTMX))
    google.add_busy(ANA, "2026-12-01T10:00:00Z", "2026-12-01T11:00:00Z")
    answers.append(send(guest, {**fields, "start": "2026-12-01T10:10:00Z"}, **HTMX))
    assert [answer.status_code for answer in answers] == [503, 422, 409, 409]
    for answer in answers:
        assert answer.text.strip().startswith('<main id="picker"')
        shown = page.read(answer.text)
        assert len(shown.all(role="alert")) == 1
        assert shown.one("form").fields()["name"] == TYPED["name"]
        assert {"HX-Request", "HX-Request-Type"} <= set(answer.headers["Vary"].split(", "))


# --- Google does not answer ---------------------------------------------------------------------


@on_sqlite
@pytest.mark.parametrize(
    "fault",
    [
        {"method": "calendar.freebusy.query", "status": 503},
        {"method": "calendar.freebusy.query", "cut": "after"},
        {"method": "calendar.freebusy.query", "body": "<html>"},
        {"method": "calendar.events.insert", "status": 429, "reason": "rateLimitExceeded"},
        {"method": "calendar.events.insert", "status": 403, "reason": "userRateLimitExceeded"},
        {"method": "calendar.events.insert", "status": 401, "reason": "authError"},
    ],
    ids=lambda fault: f"{fault['method'].split('.')[1]}-{list(fault.values())[1]}",
)
def test_when_google_does_not_answer_nothing_is_booked_and_nothing_typed_is_lost(
    app: Flask, guest: FlaskClient, google: StandIn, fault: dict[str, Any]
) -> None:
    fields = fill(guest, **TYPED)
    google.fault(**{"times": None, **fault})
    answer = send(guest, fields)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    shown = page.read(answer.text)
    alert = shown.one(role="alert")
    assert alert["data-error"] == "calendar_unavailable"
    assert "nothing was booked" in alert.text
    assert kept(shown) == TYPED
    assert google.events(ANA) == []
    google.clear_faults()
    assert send(guest, shown.one("form").fields()).status_code == 303  # the claim was let go
    assert len(google.events(ANA)) == 1


def test_a_host_who_must_connect_again_cannot_be_booked_and_the_guest_is_told(
    app: Flask, guest: FlaskClient, google: StandIn, ana: Browser
) -> None:
    fields = fill(guest, **TYPED)
    google.fault("calendar.events.insert", status=403, reason="insufficientPermissions")
    for _time in range(2):  # when it shows, and when it is known
        answer = send(guest, fields)
        assert answer.status_code == 503
        assert "Retry-After" not in answer.headers
        shown = page.read(answer.text)
        assert shown.one(role="alert")["data-error"] == "calendar_disconnected"
        assert kept(shown) == TYPED
    assert google.events(ANA) == []
    ana.sign_in(ANA)
    assert send(guest, fields).status_code == 303


def test_an_event_whose_fate_is_unknown_is_pending_and_never_an_error(
    app: Flask, guest: FlaskClient, google: StandIn, clock: time_machine.Traveller
) -> None:
    google.fault("calendar.events.insert", status=500, after=True)
    answer = send(guest, fill(guest), **HTMX)
    assert answer.status_code == 202
    shown = page.read(answer.text)
    assert status_of(shown) == "pending"
    assert not shown.all(role="alert")
    poll = shown.one(hx_get=True)["hx-get"]
    clock.shift(5)
    assert status_of(look(guest, poll, **HTMX)) == "confirmed"
    assert len(google.events(ANA)) == 1
